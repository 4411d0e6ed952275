import * as tf from '@tensorflow/tfjs';

/** What tfjs's kernels of convolutions are told. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dilations: [number, number] | number;
}

export const pairOf = (value: [number, number] | number): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** Runs a kernel by its name. */
export const run = (
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: object,
): tf.Tensor | tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
