import { convolution, countOfBatch } from '@overparam/engine';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { momentsOf, type PixelStatistics, statisticsOf } from './pixel-moments';

/** A 1x1 convolution or the identity, with a norm behind it. */
export interface PointwiseBranch {
  /** `[1, 1, c, out]`; null for the identity. */
  readonly kernel: Tensor4D | null;
  /** `[out]` */
  readonly gamma: Tensor1D;
  readonly beta: Tensor1D;
}

/** What pointwise branches come to together. */
export interface PointwiseSum {
  /** `[n, h, w, out]`, the sum of all branches less `shift`. */
  readonly y: Tensor4D;
  /** `[out]`, to be added; apart, so that a norm beside them can take it into its beta without a pass of its own. */
  readonly shift: Tensor1D;
  /** Of every branch before its norm: mean and biased variance, `[out]`. */
  readonly statistics: readonly PixelStatistics[];
}

/** With more channels the products below take longer than the passes that they spare. */
const mostChannels = 64;
/** With fewer pixels for each channel the second moments are not worth their making. */
const fewestPixels = 16;

/** Whether {@link sumPointwise} is faster than a norm for each branch: by shapes alone, those of the whole batch, so that runs repeat and workers do the same. */
export function sparesPasses(x: Tensor4D, branches: number): boolean {
  const channels = x.shape[3];
  return (
    branches > 1 && channels <= mostChannels && countOfBatch(x.size / channels) >= fewestPixels * channels
  );
}

/**
 * The sum of branches that are normalised by their batch's own statistics, in one convolution.
 *
 * The statistics are known before any branch is computed, so that every norm is a factor on its kernel, and the kernels
 * can be summed first. Norms pass over whole images, several times a branch in training; this takes moments of x once for all of them.
 *
 * Differentiable in x, kernels, gammas and betas, the dependence of the statistics on x included. A variance is a
 * difference here: in float32 it is right to about 1e-6 of the mean square of what is summed in w^T x.
 */
export function sumPointwise(
  x: Tensor4D,
  branches: readonly PointwiseBranch[],
  epsilon: number,
): PointwiseSum {
  const channels = x.shape[3];
  const moments = momentsOf(x);
  const identity = tf.eye(channels);
  const parts = branches.map(({ kernel, gamma, beta }) => {
    const w = kernel ? (kernel.reshape([channels, -1]) as Tensor2D) : identity;
    const { mean, variance } = statisticsOf(moments, kernel);
    const factor = gamma.mul(tf.rsqrt(variance.add(epsilon)));
    return { w: w.mul(factor), shift: beta.sub(mean.mul(factor)), mean, variance };
  });
  const w = tf.addN(parts.map((part) => part.w));
  const whole = { strides: [1, 1], dilation: [1, 1], padding: noPadding } as const;
  return {
    y: convolution(x, w.reshape([1, 1, channels, -1]) as Tensor4D, whole),
    shift: tf.addN(parts.map((part) => part.shift)) as Tensor1D,
    statistics: parts.map(({ mean, variance }) => ({ mean, variance })),
  };
}

const noPadding = [
  [0, 0],
  [0, 0],
] as const;
