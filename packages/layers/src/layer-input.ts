import type * as tf from '@tensorflow/tfjs';

/** What every layer's constructor takes. */
export type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

/** The one input of a layer. */
export const one = (inputs: tf.Tensor | tf.Tensor[]) => (Array.isArray(inputs) ? inputs[0]! : inputs);

/** The shape of the one input. */
export const oneShape = (shape: tf.Shape | tf.Shape[]) =>
  (Array.isArray(shape[0]) ? shape[0] : shape) as tf.Shape;
