import * as tf from '@tensorflow/tfjs';
import { type ArrayMemory, arrayMemories } from '../kernels/array-memory';
import { adamArithmetic } from './adam';
import type { Arithmetic, Arrays, Attributes, StateName } from './rule';
import { sgdArithmetic } from './sgd';

/** Arithmetic by kernel name: `SgdUpdate` and `AdamUpdate`. */
export const arithmetics: Readonly<Record<string, Arithmetic>> = {
  SgdUpdate: sgdArithmetic,
  AdamUpdate: adamArithmetic,
};

/** A kernel's outputs, in this order, are those of these names that are among its inputs. */
export const stateNames: readonly StateName[] = ['parameter', 'velocity', 'first', 'second', 'step'];

function kernelOf(arithmetic: Arithmetic, open: (backend: unknown) => ArrayMemory): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const memory = open(backend);
    const names = stateNames.filter((name) => inputs[name] !== undefined);
    const outputs = names.map((name) => memory.allocate(inputs[name]!.shape));
    const now: Partial<Record<StateName, Float32Array>> = {};
    const next: Partial<Record<StateName, Float32Array>> = {};
    names.forEach((name, index) => {
      now[name] = memory.view(inputs[name]!);
      next[name] = memory.view(outputs[index]!);
    });
    if (memory.isTrue(inputs.apply!)) {
      const arrays: Arrays = { ...now, gradient: memory.view(inputs.gradient!) };
      arithmetic.onArrays(arrays, next, memory.view(inputs.rate!)[0]!, attrs as Attributes);
    } else {
      for (const name of names) next[name]!.set(now[name]!);
    }
    return outputs;
  };
}

/**
 * Registers `SgdUpdate` and `AdamUpdate` for the backends wasm and cpu; calling it again does nothing.
 *
 * Inputs: `parameter`, `gradient`, the parameter's slots, scalars `rate` (float32) and `apply` (bool).
 * Attributes: `Attributes` of the rule. Outputs: see `stateNames`; bit for bit the inputs where
 * `apply` is false. A backend may register its own under the same names.
 */
export function registerOptimiserKernels(): void {
  for (const [kernelName, arithmetic] of Object.entries(arithmetics)) {
    for (const [backendName, open] of Object.entries(arrayMemories)) {
      if (!tf.getKernel(kernelName, backendName)) {
        tf.registerKernel({ kernelName, backendName, kernelFunc: kernelOf(arithmetic, open) });
      }
    }
  }
}
