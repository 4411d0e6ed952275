import { expand, plain } from '@overparam/core-reparam';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { isOverparamError } from '@overparam/errors';
import type { Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { trainingStep } from '../src';

beforeAll(async () => {
  await useEngine('cpu');
});

/** A task that is the mean of squares of what it is given. */
const squares: Task = {
  name: 'squares',
  outputs: 2,
  label: { shape: [], dtype: 'float32' },
  loss: (prediction: tf.Tensor) => tf.tidy(() => tf.mean(tf.square(prediction)) as tf.Scalar),
  validLabels: (label: tf.Tensor) => tf.scalar(label.size),
  metrics: [],
  accumulator: () => ({ add() {}, result: () => ({}) }),
} as unknown as Task;

function network(options: object, trainable = true): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'ruled', units: 3, inputShape: [4], trainable, ...options }),
      tf.layers.dense({ name: 'out', units: 2 }),
    ],
  });
  return expand(model, { method: plain, select: 'out', key: keyFromSeed(1) });
}

const optimiser = { name: 'sgd', momentum: 0 } as never;

test('a constraint on what trains is refused by name before the first step; on what is frozen it is none', () => {
  let refusal: unknown = null;
  try {
    trainingStep({ network: network({ kernelConstraint: 'nonNeg' }), tasks: [squares], optimiser });
  } catch (error) {
    refusal = error;
  }
  expect(isOverparamError(refusal) && refusal.code).toBe('unsupported-constraint');
  expect((refusal as Error).message).toContain('"ruled" has a constraint on its kernel');
  const frozen = network({ kernelConstraint: 'nonNeg' }, false);
  trainingStep({ network: frozen, tasks: [squares], optimiser }).dispose();
});

test('a regulariser of a layer that is not expanded is part of the loss', async () => {
  const moved = async (options: object) => {
    const model = network(options);
    const kernel = model.getLayer('ruled').weights[0]!.read() as tf.Variable;
    kernel.assign(tf.ones([4, 3]) as tf.Variable);
    const step = trainingStep({ network: model, tasks: [squares], optimiser });
    // Images of zeros leave the regulariser alone to move the kernel.
    const batch = { x: tf.zeros([2, 4]), 'label/squares': tf.zeros([2]) };
    await step(batch, { rate: 0.1 });
    step.dispose();
    return kernel.dataSync()[0];
  };
  // d/dw 0.5 w^2 = w at 1, times the rate.
  expect(await moved({ kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }) })).toBeCloseTo(0.9, 6);
  expect(await moved({})).toBe(1);
});
