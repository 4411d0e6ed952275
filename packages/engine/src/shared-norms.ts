import * as tf from '@tensorflow/tfjs';
import { trainingKernels } from './kernels/names';
import { type Share, shareOf, type WorkerSums } from './workers';

/** Norms of the whole batch, of which each worker has a share. */
interface SharedNorms {
  readonly sums: WorkerSums;
  readonly share: Share;
}

let current: SharedNorms | null = null;

/** The workers that norms are taken over now; null for the batch as it is here. */
export function sharedNorms(): SharedNorms | null {
  return current;
}

/**
 * Lets every `trainingBatchNorm` within take its statistics over the whole batch, forward and back, where each worker has a share
 * of it.
 *
 * @param share  the worker's examples
 */
export function withSharedNorms<Result>(sums: WorkerSums, share: Share, work: () => Result): Result {
  const before = current;
  current = { sums, share };
  try {
    return work();
  } finally {
    current = before;
  }
}

/** How many values of a channel there are in the whole batch, where there are `count` here. */
export function countOfBatch(count: number): number {
  return current === null ? count : (count / (current.share.end - current.share.start)) * current.share.of;
}

/**
 * The mean over the whole batch of what is a mean over the examples here, differentiably; itself where there is no more than is
 * here.
 *
 * @param x  not empty; the caller disposes the result
 */
export function meanOfBatch<T extends tf.Tensor>(x: T): T {
  if (current === null) return x;
  const { sums, share } = current;
  const part = (share.end - share.start) / share.of;
  const evaluate = tf.customGrad((given) => ({
    value: sums.sum(tf.mul(given as tf.Tensor, part)),
    gradFunc: (dy: tf.Tensor) => tf.mul(sums.sum(dy), part),
  }));
  return evaluate(x) as T;
}

type Statistics = readonly [mean: tf.Tensor1D, variance: tf.Tensor1D];

/** Statistics of the whole batch from those of the shares, none of which loses digits: variances are put together about means. */
function putTogether({ sums, share }: SharedNorms, [mean, variance]: Statistics): Statistics {
  const { count, index } = sums.workers;
  const own = tf.stack([mean, variance]).expandDims(0);
  const rows: [number, number][] = [
    [index, count - index - 1],
    [0, 0],
    [0, 0],
  ];
  const all = sums.sum(tf.pad(own, rows)); // [workers, 2, c]
  const weights = Array.from({ length: count }, (_, worker) => {
    const { start, end } = shareOf({ count, index: worker }, share.of);
    return (end - start) / share.of;
  });
  const factors = tf.tensor2d(weights, [count, 1]);
  const [means, variances] = [0, 1].map((which) =>
    tf.reshape(tf.slice(all, [0, which, 0], [count, 1, mean.size]), [count, mean.size]),
  ) as [tf.Tensor, tf.Tensor];
  const whole = tf.sum(tf.mul(means, factors), 0) as tf.Tensor1D;
  const spread = tf.add(variances, tf.square(tf.sub(means, whole)));
  return [whole, tf.sum(tf.mul(spread, factors), 0) as tf.Tensor1D];
}

/** The same values, from which no gradient flows on: what made them is hidden from the tape behind a number of its own. */
function withoutGradient<T extends tf.Tensor>(x: T): T {
  const hidden = tf.customGrad((number) => ({
    value: tf.clone(x),
    gradFunc: () => tf.zerosLike(number as tf.Tensor),
  }));
  return hidden(tf.scalar(0)) as T;
}

/**
 * Batch normalisation by the statistics of the whole batch; see `trainingBatchNorm`. Gradients of gamma and beta are of the
 * worker's share, to be summed as all others are.
 */
export function sharedBatchNorm<T extends tf.Tensor4D | tf.Tensor2D>(
  shared: SharedNorms,
  x: T,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
): { readonly y: T; readonly mean: tf.Tensor1D; readonly variance: tf.Tensor1D } {
  const attributes = { epsilon };
  const run = (kernel: string, inputs: object) =>
    tf.engine().runKernel(kernel, inputs as tf.NamedTensorMap, attributes as unknown as tf.NamedAttrMap);
  const [, ownMean, ownVariance] = run(trainingKernels.batchNorm, {
    x,
    gamma,
    beta,
  }) as unknown as tf.Tensor1D[];
  const [mean, variance] = putTogether(shared, [ownMean!, ownVariance!]);
  const here = x.size / x.shape.at(-1)!;
  const whole = (here / (shared.share.end - shared.share.start)) * shared.share.of;
  const normalise = tf.customGrad((...values) => {
    const [input, scale, shift, save] = values as unknown as [T, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    save([input, scale, mean, variance]);
    return {
      value: tf.batchNorm(input, mean, variance, shift, scale, epsilon) as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [before, slope, centre, width] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        // As if the share were the whole batch, and then by how much sums over the whole batch differ.
        const given = { dy, x: before, gamma: slope, mean: centre, variance: width };
        const [dx, dgamma, dbeta] = run(trainingKernels.batchNormGradient, given) as unknown as tf.Tensor[];
        const [gammas, betas] = tf.unstack(shared.sums.sum(tf.stack([dgamma!, dbeta!]))) as [
          tf.Tensor,
          tf.Tensor,
        ];
        const off = (own: tf.Tensor, all: tf.Tensor) => tf.sub(tf.div(own, here), tf.div(all, whole));
        const inverse = tf.rsqrt(tf.add(width, epsilon));
        const factor = tf.mul(slope, inverse);
        const along = tf.mul(tf.mul(factor, inverse), off(dgamma!, gammas));
        const offset = tf.sub(tf.mul(factor, off(dbeta!, betas)), tf.mul(along, centre));
        return [tf.add(dx!, tf.add(tf.mul(before, along), offset)), dgamma!, dbeta!];
      },
    };
  });
  const y = normalise(x, gamma, beta) as T;
  return { y, mean: withoutGradient(mean), variance: withoutGradient(variance) };
}
