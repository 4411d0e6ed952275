import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { trainingKernels } from './kernels/names';

/**
 * What a compiled step computes activations in. `bfloat16`: convolutions and products of activations, forward and back,
 * with sums in float32, and what lies between them. Parameters, composed kernels, statistics of norms, softmax, losses,
 * gradients of parameters and updates are float32 in both.
 *
 * bfloat16 has float32's range, so that gradients need no scaling, and 8 bits of precision.
 */
export type Precision = 'float32' | 'bfloat16';

/** Every precision, the default first. */
export const precisions: readonly Precision[] = ['float32', 'bfloat16'];

/** The capability that a tfjs backend may offer: steps in half precision. Looked for on the backend object. */
interface NarrowingBackend {
  /** Why steps cannot be compiled in bfloat16 here, as half a sentence; null where they can. */
  bfloat16Problem?(): string | null;
}

/** Why the current backend cannot compute in a precision, as half a sentence; null where it can. */
export function precisionProblem(precision: Precision): string | null {
  if (precision === 'float32') return null;
  const { bfloat16Problem } = tf.backend() as unknown as NarrowingBackend;
  if (bfloat16Problem === undefined) return `the engine "${tf.getBackend()}" computes in float32 only`;
  return bfloat16Problem.call(tf.backend());
}

/**
 * Makes sure that the current backend computes in a precision.
 *
 * @throws OverparamError `precision-unsupported`, `unknown-precision`
 */
export function requirePrecision(precision: Precision): void {
  if (!precisions.includes(precision)) {
    throw new OverparamError(
      'unknown-precision',
      `precision: "${precision}" is not known; expected one of ${precisions.join(', ')}.`,
    );
  }
  const problem = precisionProblem(precision);
  if (problem === null) return;
  throw new OverparamError(
    'precision-unsupported',
    `precision: ${precision} cannot be had: ${problem}. Leave the key out to compute in float32, or take a machine with ` +
      'TensorFlow and a processor that multiplies bfloat16 (x64 with AVX512-BF16 or AMX).',
  );
}

/**
 * A tensor in float32, differentiably, where a compiled step holds it in half precision; itself otherwise. For what is
 * computed from activations and has to be exact to float32: losses, inner products of gradients.
 *
 * @param x  of any shape; the caller disposes the result
 */
export function widened<T extends tf.Tensor>(x: T): T {
  if (x.dtype !== 'float32' || tf.getKernel(trainingKernels.widen, tf.getBackend()) === undefined) {
    return tf.clone(x);
  }
  return tf.engine().runKernel(trainingKernels.widen, { x }) as T;
}
