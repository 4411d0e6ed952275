import type * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import { attribute } from '../binding/make-attribute';
import type { Family, Geometry, Shape4D } from './geometry';

/** A convolution by single pixels, every one of them: a product of matrices, pixels times channels. */
export const isProduct = (family: Family, filter: Shape4D, g: Geometry) =>
  !family.depthwise &&
  g.format === 'NHWC' &&
  filter[0] === 1 &&
  filter[1] === 1 &&
  g.strides.every((stride) => stride === 1) &&
  g.plan.around.flat().every((side) => side === 0);

/** A product of matrices, one of which may be transposed. */
export function product(
  backend: TensorFlowBackend,
  [a, b]: readonly [tf.Tensor, tf.Tensor],
  transposed: 'first' | 'second' | 'neither',
): tf.Tensor {
  const options = [
    attribute.type('T', 'float32'),
    attribute.bool('transpose_a', transposed === 'first'),
    attribute.bool('transpose_b', transposed === 'second'),
  ];
  return backend.executeSingleOutput('MatMul', options, [a, b]);
}
