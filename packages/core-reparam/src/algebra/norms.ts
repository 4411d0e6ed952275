import type { NormWeights } from '@overparam/plugin';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/**
 * Folds batch normalisation into the convolution before it.
 *
 * y = gamma * (conv(x, kernel) + bias - mean) / sqrt(variance + eps) + beta
 *
 * @param kernel   `[kh, kw, cin, cout]`
 * @param bias     `[cout]`, or null for none
 * @param norm     running statistics, each `[cout]`
 * @param epsilon  the norm's own (tfjs's default is 1e-3, PyTorch's 1e-5)
 * @returns        kernel `[kh, kw, cin, cout]` and bias `[cout]`; the caller disposes both
 */
export function foldNorm(
  kernel: Tensor4D,
  bias: Tensor1D | null,
  norm: NormWeights,
  epsilon: number,
): { kernel: Tensor4D; bias: Tensor1D } {
  return tf.tidy(() => {
    const factor = normFactor(norm, epsilon);
    const shift = bias ? bias.sub(norm.mean) : norm.mean.neg();
    return { kernel: kernel.mul(factor), bias: norm.beta.add(shift.mul(factor)) as Tensor1D };
  });
}

/** gamma / sqrt(variance + eps), `[channels]`; the caller disposes. */
export function normFactor(norm: NormWeights, epsilon: number): Tensor1D {
  return tf.tidy(() => norm.gamma.div(norm.variance.add(epsilon).sqrt()) as Tensor1D);
}

/** What a norm in inference makes of zero, `[channels]`: the value to pad with behind it. The caller disposes. */
export function normOfZero(norm: NormWeights, epsilon: number): Tensor1D {
  return tf.tidy(() => norm.beta.sub(norm.mean.mul(normFactor(norm, epsilon))) as Tensor1D);
}

/**
 * A norm that adds `bias` and changes nothing else in inference: mean 0, variance 1, gamma sqrt(1 + eps).
 *
 * @param bias  `[channels]`
 * @returns     weights of the norm; the caller disposes all
 */
export function normThatAdds(bias: Tensor1D, epsilon: number): NormWeights {
  const channels = bias.shape[0];
  return {
    gamma: tf.fill([channels], Math.sqrt(1 + epsilon)) as Tensor1D,
    beta: tf.clone(bias),
    mean: tf.zeros([channels]),
    variance: tf.ones([channels]),
  };
}

/**
 * One step of running statistics, PyTorch's rule in tfjs's notation.
 *
 * running <- momentum * running + (1 - momentum) * batch; the batch variance is multiplied by n / (n - 1)
 * where `unbiased`, with n the number of values a channel.
 *
 * @returns mean and variance, `[channels]`; the caller disposes
 */
export function updateRunning(
  running: { readonly mean: Tensor1D; readonly variance: Tensor1D },
  batch: { readonly mean: Tensor1D; readonly variance: Tensor1D },
  count: number,
  { momentum, unbiased }: { readonly momentum: number; readonly unbiased: boolean },
): { mean: Tensor1D; variance: Tensor1D } {
  const correction = unbiased && count > 1 ? count / (count - 1) : 1;
  return tf.tidy(() => ({
    mean: running.mean.mul(momentum).add(batch.mean.mul(1 - momentum)) as Tensor1D,
    variance: running.variance.mul(momentum).add(batch.variance.mul((1 - momentum) * correction)) as Tensor1D,
  }));
}
