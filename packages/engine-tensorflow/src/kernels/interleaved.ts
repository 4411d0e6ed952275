import * as tf from '@tensorflow/tfjs';
import { depthwise, type Geometry, geometry, opAttributes, type Shape4D, sizes } from './geometry';
import type { Attributes, Kernel } from './kernel';
import { paddedShape, padImage, unpadImage } from './padding';
import { cutTo, withoutStride } from './strides';

/**
 * Gradients of depthwise convolutions with dilation. TensorFlow's own take no notice of it on processors: they give those of
 * dilation 1. Every d-th pixel of an image makes an image of its own, and over these the dilation is 1.
 */

/** Whether a convolution's attributes have a dilation. */
export function isDilated({ dilations = 1 }: Attributes): boolean {
  return [dilations].flat().some((dilation) => (dilation as number) > 1);
}

/** Pixels that lie d apart as images of their own, after zeros at the ends that make the sides multiples of d. */
function apart(images: tf.Tensor, [, down, right]: readonly number[]): tf.Tensor {
  const rest = (length: number, step: number) => (step - (length % step)) % step;
  return tf.spaceToBatchND(
    images,
    [down!, right!],
    [
      [0, rest(images.shape[1]!, down!)],
      [0, rest(images.shape[2]!, right!)],
    ],
  );
}

/** The geometry over such images. */
const undilated = (g: Geometry): Geometry => ({ ...g, dilations: g.dilations.map(() => 1) });

export const interleavedInputGradient: Kernel = (backend, { dy, filter }, attributes) => {
  const shape = attributes.inputShape as Shape4D;
  const given = geometry(shape, filter!.shape as Shape4D, attributes, true, 'valid');
  const { dy: gradient, g } = withoutStride(dy!, given);
  const padded = paddedShape(shape, g.plan.around, g.spatial);
  const seen = cutTo(padded, filter!.shape as Shape4D, gradient, g);
  const [, down, right] = g.dilations as [number, number, number, number];
  const dys = apart(gradient, g.dilations);
  const [kh, kw] = filter!.shape as Shape4D;
  const parts = [dys.shape[0]!, dys.shape[1]! + kh - 1, dys.shape[2]! + kw - 1, shape[3]];
  const inputs = [sizes(parts), filter!, dys];
  const dxs = backend.executeSingleOutput(depthwise.input, opAttributes(undilated(g)), inputs);
  const dx = tf.batchToSpaceND(
    dxs,
    [down, right],
    [
      [0, parts[1]! * down - seen[1]!],
      [0, parts[2]! * right - seen[2]!],
    ],
  );
  const rest = padded.map((length, axis): [number, number] => [0, length - seen[axis]!]);
  return unpadImage(tf.pad(dx, rest), shape, g.plan.around, g.spatial);
};

export const interleavedFilterGradient: Kernel = (backend, { x, dy }, attributes) => {
  const shape = attributes.filterShape as Shape4D;
  const given = geometry(x!.shape as Shape4D, shape, attributes, true, 'valid');
  const { dy: gradient, g } = withoutStride(dy!, given);
  const image = padImage(x!, g.plan.around, g.spatial);
  const begin = image.shape.map(() => 0);
  const seen = tf.slice(image, begin, cutTo(image.shape, shape, gradient, g));
  const inputs = [apart(seen, g.dilations), sizes(shape), apart(gradient, g.dilations)];
  return backend.executeSingleOutput(depthwise.filter, opAttributes(undilated(g)), inputs);
};
