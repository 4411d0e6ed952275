import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { attributeKinds, dataTypes, type OpAttribute } from '../binding/enumerations';

/** Tensors by input name; kernels get tensors wherever tfjs's ops call them. */
export type Inputs = Readonly<Record<string, tf.Tensor>>;
export type Attributes = Readonly<Record<string, unknown>>;

/** A kernel's work. What it makes on the way is freed; what it returns belongs to the caller. */
export type Kernel = (
  backend: TensorFlowBackend,
  inputs: Inputs,
  attributes: Attributes,
) => tf.Tensor | tf.Tensor[];

const numbers: Readonly<Record<string, number>> = {
  float32: dataTypes.TF_FLOAT,
  int32: dataTypes.TF_INT32,
  bool: dataTypes.TF_BOOL,
  complex64: dataTypes.TF_COMPLEX64,
  string: dataTypes.TF_STRING,
};

/** Makers of the attributes that TensorFlow's ops take. */
export const attribute = {
  type: (name: string, dtype: tf.DataType | number): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_TYPE,
    value: typeof dtype === 'number' ? dtype : numbers[dtype]!,
  }),
  int: (name: string, value: number | readonly number[]): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_INT,
    value,
  }),
  float: (name: string, value: number): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_FLOAT,
    value,
  }),
  bool: (name: string, value: boolean): OpAttribute => ({ name, type: attributeKinds.TF_ATTR_BOOL, value }),
  string: (name: string, value: string): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_STRING,
    value,
  }),
  types: (name: string, value: readonly number[]): OpAttribute => ({
    name,
    type: attributeKinds.TF_ATTR_TYPE,
    value,
  }),
};

/** The kernel that is registered now, whose work a repaired one narrows. */
export function registeredKernel(kernelName: string): tf.KernelFunc {
  const found = tf.getKernel(kernelName, 'tensorflow');
  if (found === undefined) throw new Error(`There is no kernel ${kernelName} to repair.`);
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
