import { convolution, countOfBatch, meanOfBatch } from '@overparam/engine';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

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
  readonly statistics: readonly { readonly mean: Tensor1D; readonly variance: Tensor1D }[];
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
 * What a 1x1 kernel w makes of x has mean w^T E[x] and mean square w^T E[x x^T] w, over all pixels. The statistics are
 * therefore known before any branch is computed, every norm is a factor on its kernel, and the kernels can be summed
 * first. Norms pass over whole images, several times a branch in training; this takes moments of x once for all of them.
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
  const second = moments.slice([0, 0], [channels, channels]) as Tensor2D;
  const first = moments.slice([channels, 0], [1, channels]);
  const identity = tf.eye(channels);
  const parts = branches.map(({ kernel, gamma, beta }) => {
    // Sums of products instead of matrix products where one side is a vector: those are slow when this small.
    const w = kernel ? (kernel.reshape([channels, -1]) as Tensor2D) : identity;
    const mean = (kernel ? first.transpose().mul(w).sum(0) : first.reshape([channels])) as Tensor1D;
    const square = (kernel ? tf.matMul(second, w) : second).mul(w).sum(0);
    // A difference can fall below zero where there is no variance.
    const variance = tf.relu(square.sub(mean.square())) as Tensor1D;
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

/**
 * `[c + 1, c]`: second moments E[x x^T] over all pixels, and below them the mean E[x].
 *
 * Written with its gradient: as the one that comes in, D, is symmetric, it is 2 x D + d over the number of pixels, one
 * product where that of a general product has two.
 */
function momentsOf(x: Tensor4D): Tensor2D {
  const channels = x.shape[3];
  const pixels = x.size / channels;
  const evaluate = tf.customGrad((...given) => {
    const [image, save] = given as unknown as [Tensor4D, tf.GradSaveFunc];
    const rows = image.reshape([pixels, channels]) as Tensor2D;
    // The image and not its rows, so that the gradient can be differentiated again.
    save([image]);
    return {
      value: tf.concat([tf.matMul(rows, rows, true, false).div(pixels), rows.mean(0, true)]),
      gradFunc: (dy, saved) => {
        const kept = saved[0]!.reshape([pixels, channels]) as Tensor2D;
        const second = dy.slice([0, 0], [channels, channels]).mul(2 / pixels) as Tensor2D;
        const first = dy.slice([channels, 0], [1, channels]).div(pixels);
        return tf.matMul(kept, second).add(first).reshape(x.shape);
      },
    };
  });
  return meanOfBatch(evaluate(x) as Tensor2D);
}
