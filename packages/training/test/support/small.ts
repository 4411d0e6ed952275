import { fixed } from '@overparam/balancers';
import { plain } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor } from '@overparam/engine';
import { regression } from '@overparam/mtl-heads';
import type { Method, Network } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { expandNetwork, type TrainingStepOptions, withOptions } from '../../src/index';

/** Two tasks of two numbers each. */
export const tasks = ['first', 'second'].map((name) => regression({ name, shape: [2] }));

/** Two shared layers and a head for each task, not expanded; the caller disposes. */
export function plainNetwork(outputs = 2): tf.LayersModel {
  const x = tf.input({ shape: [3], name: 'x' });
  const dense = (name: string, units: number, from: tf.SymbolicTensor) =>
    tf.layers.dense({ name, units, activation: 'tanh' }).apply(from) as tf.SymbolicTensor;
  const shared = dense('shared2', 4, dense('shared1', 4, x));
  const heads = tasks.map(({ name }) => dense(`${name}_out`, outputs, shared));
  return tf.model({ name: 'small', inputs: x, outputs: heads });
}

/** The small network, expanded; the caller disposes its model. */
// biome-ignore lint/suspicious/noExplicitAny: a method's own schema guards its options.
export function smallNetwork(method: Method<any> = plain, options?: object): Network {
  const model = plainNetwork();
  const network = expandNetwork(model, { method, options, tasks, key: keyFromSeed(1) });
  model.dispose();
  return network;
}

/** A batch of five for {@link tasks}; the caller disposes. */
export function smallBatch(): tf.NamedTensorMap {
  return {
    x: normalTensor(keyFromSeed(2), [5, 3], 0, 1),
    'label/first': normalTensor(keyFromSeed(3), [5, 2], 0, 1),
    'label/second': normalTensor(keyFromSeed(4), [5, 2], 0, 1),
  };
}

/** What a step of the small network is made of. */
export const smallStep = {
  tasks,
  balancer: withOptions(fixed, { weights: [1, 2] }),
  optimiser: { name: 'sgd' },
} as const satisfies Partial<TrainingStepOptions>;
