import * as tf from '@tensorflow/tfjs';

/** The largest gradients that an update takes, by PyTorch's definitions. */
export interface Clipping {
  /**
   * `norm`: all gradients of an update, taken together as one vector, are shortened to the length `limit` where they are longer
   * (`clip_grad_norm_`); `value`: every number is brought between -limit and limit (`clip_grad_value_`).
   */
  readonly by: 'norm' | 'value';
  /** Above 0. */
  readonly limit: number;
}

/** What PyTorch adds to the norm before it divides by it. */
const epsilon = 1e-6;

/** Euclidean norm of all gradients as one vector; the caller disposes. */
function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  return tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))))) as tf.Scalar;
}

/**
 * An update's gradients within a limit, before weight decay as part of the optimiser adds to them. Reads no value.
 *
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @param gradients  by name; the caller's
 * @param clipping   null for gradients as they are
 */
export function clipped(
  gradients: Readonly<Record<string, tf.Tensor>>,
  clipping: Clipping | null,
): Readonly<Record<string, tf.Tensor>> {
  const entries = Object.entries(gradients);
  if (clipping === null || entries.length === 0) return gradients;
  const { by, limit } = clipping;
  if (by === 'value')
    return Object.fromEntries(entries.map(([name, g]) => [name, tf.clipByValue(g, -limit, limit)]));
  const norm = globalNorm(entries.map(([, gradient]) => gradient));
  // Times one exactly where the norm is within the limit, as in PyTorch.
  const factor = tf.minimum(tf.div(limit, tf.add(norm, epsilon)), 1);
  return Object.fromEntries(entries.map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}
