import * as tf from '@tensorflow/tfjs';
import { ensureInstalled } from './install';
import { trainingKernels } from './kernels/names';
import { sharedBatchNorm, sharedNorms } from './shared-norms';

/** What {@link trainingBatchNorm} returns; the caller disposes all three. */
export interface TrainingBatchNorm<T extends tf.Tensor> {
  /** The normalised input, of its shape. */
  readonly y: T;
  /** `[c]`, of this batch. Carries no gradient. */
  readonly mean: tf.Tensor1D;
  /** `[c]`, of this batch, biased (divided by the count, not the count less one). Carries no gradient. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation by the statistics of the batch itself (Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167).
 *
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over all axes but the last
 *
 * Differentiable in x, gamma and beta, the dependence of the statistics on x included. One fused kernel each way;
 * sums are in double on wasm and cpu.
 *
 * @param x        `[n, h, w, c]` or `[n, c]`, float32
 * @param gamma    `[c]`
 * @param beta     `[c]`
 * @param epsilon  added to the variance, above 0 (1e-5 by default in this project)
 */
export function trainingBatchNorm<T extends tf.Tensor4D | tf.Tensor2D>(
  x: T,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
): TrainingBatchNorm<T> {
  ensureInstalled(trainingKernels.batchNorm);
  const shared = sharedNorms();
  if (shared !== null) return sharedBatchNorm(shared, x, gamma, beta, epsilon);
  const [y, mean, variance] = tf
    .engine()
    .runKernel(trainingKernels.batchNorm, { x, gamma, beta }, { epsilon }) as unknown as [
    T,
    tf.Tensor1D,
    tf.Tensor1D,
  ];
  return { y, mean, variance };
}

/**
 * Batch normalisation by given statistics, as at inference; differentiable in x, gamma and beta.
 *
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *
 * @param x  `[n, h, w, c]` or `[n, c]`; the others `[c]`
 * @returns  of the shape of x; the caller disposes it
 */
export function inferenceBatchNorm<T extends tf.Tensor4D | tf.Tensor2D>(
  x: T,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  epsilon: number,
): T {
  const axes = x.rank === 4 ? [0, 1, 2] : [0];
  const normalise = tf.customGrad((...values) => {
    const [input, scale, shift, save] = values as unknown as [T, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    save([input, scale, mean, variance]);
    return {
      value: tf.batchNorm(input, mean, variance, shift, scale, epsilon) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [before, slope, centre, spread] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const inverse = tf.rsqrt(tf.add(spread, epsilon));
        return [
          tf.mul(dy, tf.mul(slope, inverse)),
          tf.mul(tf.sum(tf.mul(dy, tf.sub(before, centre)), axes), inverse),
          tf.sum(dy, axes),
        ];
      },
    };
  });
  return normalise(x, gamma, beta) as T;
}
