import * as tf from '@tensorflow/tfjs';

/** tfjs hands over the gradient itself, and no list of one, where an op has a single output. */
const listOf = (dy: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(dy) ? dy : [dy]);

const unpack: tf.GradConfig = {
  kernelName: 'Unpack',
  gradFunc: (dy, _saved, attrs) => ({
    value: () => tf.stack(listOf(dy), (attrs as unknown as { axis: number }).axis),
  }),
};

const split: tf.GradConfig = {
  kernelName: 'SplitV',
  gradFunc: (dy, _saved, attrs) => ({
    x: () => tf.concat(listOf(dy), (attrs as unknown as { axis: number }).axis),
  }),
};

/** Gradients of ops that take a tensor apart, into one piece as well. */
export const pieceGradients: readonly tf.GradConfig[] = [unpack, split];
