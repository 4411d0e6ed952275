import { momentsOf } from '@overparam/core-reparam';
import { countOfBatch, inverseSquareRoot } from '@overparam/engine';
import type { Site, StateSpec, Tensors } from '@overparam/plugin';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Structure } from './structure';

/** What is added at least to the covariance's diagonal, as a share of its mean: the least direction is lengthened about three times at most. */
const leastRidge = 0.1;
/** Channels that are whitened together at most; more are parted into equal groups, as products of c x c matrices grow with c^3. */
const most = 64;

/** The running covariance remembers about so many images beside those of the batch. */
const remembered = 32;

/**
 * What stays of the running covariance. By images and not by batches: one batch of many says enough and is nearest to what trains now, one of
 * few is mostly chance.
 */
export const momentumOf = (images: number): number => remembered / (remembered + images);

/** How channels are parted: into as few equal groups as hold `most` or fewer each. */
export function groupSize(channels: number): number {
  for (let groups = Math.ceil(channels / most); ; groups++) {
    if (channels % groups === 0) return channels / groups;
  }
}

/** The running covariance, `[groups, size, size]`; none without a frame that whitens. */
export function whiteningStates({ kernelShape }: Site, { whitening }: Structure): StateSpec[] {
  const [, , cin] = kernelShape;
  const size = groupSize(cin);
  return whitening ? [{ name: 'covariance', shape: [cin / size, size, size], statistic: 'covariance' }] : [];
}

/** First values, under which the frame is the identity; the caller disposes. */
export function whiteningValues(site: Site, structure: Structure): Tensors {
  return Object.fromEntries(
    whiteningStates(site, structure).map(({ name, shape: [groups, size] }) => [
      name,
      tf.tidy(() => tf.tile(tf.eye(size!).expandDims(0), [groups!, 1, 1])),
    ]),
  );
}

/**
 * r of {@link covarianceOf}: a covariance of few pixels a channel is mostly chance, along which training would whiten and inference,
 * whose covariance is a mean over many batches, would not.
 *
 * @param size    channels that are whitened together
 * @param pixels  of the batch
 */
export function ridgeOf(size: number, pixels: number): number {
  return Math.max(leastRidge, size / pixels);
}

/**
 * S / s + r I for each group of channels, `[groups, size, size]`: S the covariance of the channels over all pixels of a batch
 * `[n, h, w, cin]`, s the mean of all variances. Called inside a tidy; symmetric, and so is the gradient that it hands on.
 */
export function covarianceOf(x: Tensor4D): Tensor3D {
  const channels = x.shape[3];
  const size = groupSize(channels);
  const moments = momentsOf(x);
  const mean = moments.slice([channels, 0], [1, channels]) as Tensor2D;
  const square = moments.slice([0, 0], [channels, channels]);
  const covariance = square.sub(tf.matMul(mean, mean, true, false));
  const groups = Array.from({ length: channels / size }, (_, group) =>
    covariance.slice([group * size, group * size], [size, size]),
  );
  const blocks = tf.stack(groups) as Tensor3D;
  const one = tf.eye(size);
  // Where nothing comes in there is nothing to divide by.
  const spread = blocks.mul(one).sum().div(channels).add(1e-12);
  const symmetric = blocks.add(blocks.transpose([0, 2, 1])).div(spread.mul(2));
  return symmetric.add(one.mul(ridgeOf(size, countOfBatch(x.size / channels)))) as Tensor3D;
}

/**
 * The input frame that whitens, V = A^(-1/2) for each group of channels; called inside a tidy, differentiable. Whitening inside the kernel is
 * that of "Network Deconvolution" (ICLR 2020, https://arxiv.org/abs/1905.11926), here of channels alone.
 *
 * @param covariance  A, as {@link covarianceOf} gives it, `[groups, size, size]`
 * @returns           of the same shape
 */
export function whiteningFrame(covariance: Tensor3D): Tensor3D {
  const [groups, size] = covariance.shape;
  // The mean of all variances is 1, so no length is above that of all channels in one direction.
  return inverseSquareRoot(covariance, leastRidge / ((1 + leastRidge) * groups * size));
}
