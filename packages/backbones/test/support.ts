import { keyFromSeed } from '@overparam/engine';
import { type Backbone, type Network, type NetworkShape, parseOptions } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';

/** A single-task shape; by default a small image and 10 classes. */
export function shapeOf(change: Partial<NetworkShape> = {}): NetworkShape {
  return {
    inputShape: [32, 32, 3],
    tasks: [{ name: 'class', form: 'class', outputs: 10 }],
    key: keyFromSeed(1),
    ...change,
  };
}

/** A single task with a number of classes. */
export function classes(outputs: number): Partial<NetworkShape> {
  return { tasks: [{ name: 'class', form: 'class', outputs }] };
}

/** A backbone with its options completed as a config's are. */
export function build(backbone: Backbone, options: object, shape: NetworkShape): Network {
  return backbone.build(shape, parseOptions(backbone.options, options));
}

/** All numbers of all weights by tfjs's names. */
export function weightsOf(model: tf.LayersModel): Record<string, Float32Array> {
  return Object.fromEntries(
    model.weights.map((weight) => [weight.originalName, weight.read().dataSync() as Float32Array]),
  );
}

/** Number of trained parameters. */
export function parameters(model: tf.LayersModel): number {
  return model.trainableWeights.reduce(
    (sum, { shape }) => sum + (shape as number[]).reduce((product, size) => product * size, 1),
    0,
  );
}
