import * as tf from '@tensorflow/tfjs';
import type { Geometry, Shape4D } from './geometry';

/**
 * A strided convolution that is dilated too as one without stride, on a gradient with zeros between its pixels: TensorFlow's
 * own gradients of such ones end the process.
 */
export function withoutStride(dy: tf.Tensor, g: Geometry): { readonly dy: tf.Tensor; readonly g: Geometry } {
  const strided = g.strides.some((stride) => stride > 1);
  if (!strided || g.dilations.every((dilation) => dilation === 1)) return { dy, g };
  const split = dy.shape.flatMap((length, axis) => (g.strides[axis]! > 1 ? [length, 1] : [length]));
  const pads = dy.shape.flatMap((_, axis): [number, number][] =>
    g.strides[axis]! > 1
      ? [
          [0, 0],
          [0, g.strides[axis]! - 1],
        ]
      : [[0, 0]],
  );
  const wide = dy.shape.map((length, axis) => length * g.strides[axis]!);
  const size = dy.shape.map((length, axis) => (length - 1) * g.strides[axis]! + 1);
  const spread = tf.slice(
    tf.reshape(tf.pad(tf.reshape(dy, split), pads), wide),
    dy.shape.map(() => 0),
    size,
  );
  return { dy: spread, g: { ...g, strides: g.strides.map(() => 1) } };
}

/** Without strides, what VALID used to round away at an image's end has to be cut off. */
export function cutTo(shape: readonly number[], filter: Shape4D, dy: tf.Tensor, g: Geometry): number[] {
  return shape.map((length, axis) => {
    const side = axis - g.spatial;
    if (side !== 0 && side !== 1) return length;
    return dy.shape[axis]! + (filter[side]! - 1) * g.dilations[axis]!;
  });
}
