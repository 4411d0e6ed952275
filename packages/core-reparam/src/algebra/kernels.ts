import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/**
 * Places a small kernel in the middle of a larger one, zeros around it.
 *
 * Both sizes must be odd or both even, per axis, so that there is a middle.
 *
 * @param kernel  `[h, w, cin, cout]`
 * @param size    `[kh, kw]`, at least `[h, w]`
 * @returns       `[kh, kw, cin, cout]`; the caller disposes
 */
export function centreKernel(kernel: Tensor4D, size: readonly [number, number]): Tensor4D {
  const [h, w] = kernel.shape;
  if (h === size[0] && w === size[1]) return tf.clone(kernel);
  const vertical = (size[0] - h) / 2;
  const horizontal = (size[1] - w) / 2;
  return tf.pad(kernel, [
    [vertical, vertical],
    [horizontal, horizontal],
    [0, 0],
    [0, 0],
  ]);
}

/** The 1x1 kernel that hands its input on: `[1, 1, channels / groups, channels]`; the caller disposes. */
export function identityKernel(channels: number, groups = 1): Tensor4D {
  const each = channels / groups;
  return tf.tidy(() => tf.tile(tf.eye(each), [1, groups]).reshape([1, 1, each, channels]));
}

/**
 * The one kernel of a 1x1 convolution followed by another convolution.
 *
 * K[h, w, i, o] = sum_c K1[i, c] K2[h, w, c, o] (Ding et al., "Diverse Branch Block", transform III)
 *
 * @param first   `[1, 1, cin, channels]`; in groups `[1, 1, cin / groups, channels]`
 * @param second  `[kh, kw, channels, cout]`; in groups `[kh, kw, channels / groups, cout]`
 * @param groups  of both convolutions
 * @returns       `[kh, kw, cin, cout]`, in groups `[kh, kw, cin / groups, cout]`; the caller disposes
 */
export function composeKernels(first: Tensor4D, second: Tensor4D, groups = 1): Tensor4D {
  if (groups > 1) return composeInGroups(first, second, groups);
  return tf.tidy(() => {
    const [kh, kw, channels, cout] = second.shape;
    const cin = first.shape[2];
    const mixing = first.reshape([cin, channels]);
    const taps = second.transpose([2, 0, 1, 3]).reshape([channels, kh * kw * cout]);
    return tf.matMul(mixing, taps).reshape([cin, kh, kw, cout]).transpose([1, 2, 0, 3]) as Tensor4D;
  });
}

/** Each group's product by itself: a batch of matrices. */
function composeInGroups(first: Tensor4D, second: Tensor4D, groups: number): Tensor4D {
  return tf.tidy(() => {
    const [kh, kw, each, cout] = second.shape;
    const cin = first.shape[2];
    const share = cout / groups;
    const mixing = first.reshape([cin, groups, each]).transpose([1, 0, 2]);
    const taps = second
      .reshape([kh * kw, each, groups, share])
      .transpose([2, 1, 0, 3])
      .reshape([groups, each, kh * kw * share]);
    return tf
      .matMul(mixing, taps)
      .reshape([groups, cin, kh * kw, share])
      .transpose([2, 1, 0, 3])
      .reshape([kh, kw, cin, cout]) as Tensor4D;
  });
}

/**
 * What a convolution makes of a constant input without borders: one number an output channel.
 *
 * @param kernel    `[kh, kw, cin, cout]`; in groups `[kh, kw, cin / groups, cout]`
 * @param constant  `[cin]`
 * @returns         `[cout]`; the caller disposes
 */
export function responseToConstant(kernel: Tensor4D, constant: Tensor1D, groups = 1): Tensor1D {
  return tf.tidy(() => {
    const [, , cin, cout] = kernel.shape;
    if (groups > 1) {
      const weights = kernel.sum([0, 1]).reshape([cin, groups, cout / groups]);
      const constants = constant.reshape([groups, cin]).transpose().reshape([cin, groups, 1]);
      return weights.mul(constants).sum(0).reshape([cout]) as Tensor1D;
    }
    return kernel.mul(constant.reshape([1, 1, cin, 1])).sum([0, 1, 2]) as Tensor1D;
  });
}
