import { resnet } from '@overparam/backbones';
import type { OpenDataset, Task } from '@overparam/plugin';
import { joint } from '@overparam/routines';
import { defineRecipe } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';

/** One image of two channels, and the number that is to come of it. */
export function oneExample(input: readonly [number, number], label: number): OpenDataset {
  const split = { size: 1, example: () => null };
  return {
    inputShape: [1, 1, 2],
    tasks: [{ name: 'sum', kind: 'number', outputs: 1, label: { shape: [1], dtype: 'float32' } }],
    splits: { train: split, test: split },
    provenance: 'made',
    augment: (example) => example,
    input: (_example, target, offset) => target.set(input, offset),
    label: (_example, _task, target, offset) => {
      target[offset] = label;
    },
    close: () => {},
  };
}

/** Half the square of what is missing. */
export const halfSquare: Task = {
  name: 'sum',
  kind: 'number',
  form: 'vector',
  outputs: 1,
  label: { shape: [1], dtype: 'float32' },
  loss: (prediction, label) => tf.mul(0.5, tf.sum(tf.square(tf.sub(prediction, label)))).asScalar(),
  validLabels: (label) => tf.scalar(label.size),
  metrics: [{ name: 'none', direction: 'lower', unit: '' }],
  accumulator: () => ({ add: () => {}, result: () => ({ none: 0 }) }),
};

/** One update by plain gradients. */
export function recipeFor() {
  return defineRecipe({
    backbone: resnet,
    routine: joint,
    task: () => halfSquare,
    epochs: 1,
    batch: 1,
    lr: 1,
    optimiser: { name: 'sgd', momentum: 0 },
    augment: false,
  });
}
