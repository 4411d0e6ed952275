import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';

/** Tensors by input name; kernels get tensors wherever tfjs's ops call them. */
export type Inputs = Readonly<Record<string, tf.Tensor>>;
export type Attributes = Readonly<Record<string, unknown>>;

/** A kernel's work. What it makes on the way is freed; what it returns belongs to the caller. */
export type Kernel = (
  backend: TensorFlowBackend,
  inputs: Inputs,
  attributes: Attributes,
) => tf.Tensor | tf.Tensor[];

/** The kernel that is registered now, whose work a repaired one narrows. */
export function registeredKernel(kernelName: string): tf.KernelFunc {
  const found = tf.getKernel(kernelName, 'tensorflow');
  if (found === undefined) {
    throw new OverparamError(
      'op-unsupported',
      `There is no kernel ${kernelName} among those of @tensorflow/tfjs-node-gpu; expected those of its version 4.22.`,
    );
  }
  return found.kernelFunc;
}

/** Registers kernels in the place of those that bear their names. */
export function registerKernels(kernels: Readonly<Record<string, Kernel>>): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'tensorflow') !== undefined) tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs, backend }) =>
        tf.tidy(() =>
          kernel(
            backend as unknown as TensorFlowBackend,
            inputs as unknown as Inputs,
            (attrs ?? {}) as unknown as Attributes,
          ),
        ),
    });
  }
}
