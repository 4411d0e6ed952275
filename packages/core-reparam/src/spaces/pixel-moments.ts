import { meanOfBatch } from '@overparam/engine';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** Of each channel over all pixels, `[out]`; the variance is the biased one. */
export interface PixelStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/**
 * PixelStatistics of what a 1x1 kernel w makes of x, from the moments of x: the mean w^T E[x] and the mean square w^T E[x x^T] w.
 * Differentiable in both. A variance is a difference here: in float32 it is right to about 1e-6 of the mean square of what
 * is summed in w^T x.
 *
 * @param moments  what {@link momentsOf} gives, `[c + 1, c]`
 * @param kernel   `[1, 1, c, out]`; null for the identity
 * @returns        called inside a tidy
 */
export function statisticsOf(moments: Tensor2D, kernel: Tensor4D | null): PixelStatistics {
  const channels = moments.shape[1];
  const second = moments.slice([0, 0], [channels, channels]) as Tensor2D;
  const first = moments.slice([channels, 0], [1, channels]);
  // Sums of products instead of matrix products where one side is a vector: those are slow when this small.
  const w = kernel ? (kernel.reshape([channels, -1]) as Tensor2D) : tf.eye(channels);
  const mean = (kernel ? first.transpose().mul(w).sum(0) : first.reshape([channels])) as Tensor1D;
  const square = (kernel ? tf.matMul(second, w) : second).mul(w).sum(0);
  // A difference can fall below zero where there is no variance.
  return { mean, variance: tf.relu(square.sub(mean.square())) as Tensor1D };
}

/**
 * `[c + 1, c]`, from `[n, h, w, c]`: second moments E[x x^T] over all pixels, and below them the mean E[x].
 *
 * Written with its gradient: as the one that comes in, D, is symmetric, it is 2 x D + d over the number of pixels, one
 * product where that of a general product has two.
 */
export function momentsOf(x: Tensor4D): Tensor2D {
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
