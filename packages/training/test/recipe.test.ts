import { resnet } from '@overparam/backbones';
import { cifar100Sample } from '@overparam/datasets-cifar';
import { keyFromSeed } from '@overparam/engine';
import { trirep } from '@overparam/method-new';
import { taskFor } from '@overparam/mtl-heads';
import { type Dataset, parseOptions } from '@overparam/plugin';
import { joint } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { beginTraining, defineRecipe, planTraining, trainingBatches, withOptions } from '../src/index';

const least = {
  backbone: withOptions(resnet, { depth: 8, width: 2 }),
  routine: joint,
  task: taskFor,
  epochs: 1,
  batch: 8,
  lr: 0.1,
  optimiser: { name: 'sgd' },
} as const;

const openSample = () =>
  (cifar100Sample as Dataset).open(parseOptions(cifar100Sample.options), { dataDir: 'data' });

describe('recipes', () => {
  test('have defaults for all that is left out, and parts have their own', () => {
    const recipe = defineRecipe(least);
    expect(recipe.method.part.name).toBe('plain');
    expect(recipe.balancer).toBeNull();
    expect(recipe.lr).toEqual({ peak: 0.1, schedule: 'constant' });
    expect(recipe.key).toEqual(keyFromSeed(0));
    expect(recipe).toMatchObject({ gradients: 'parameters', augment: true, limit: {}, evaluation: 'last' });
    expect(defineRecipe({ ...least, method: trirep }).method.options).toMatchObject({ multiTask: 'routed' });
  });

  test('refuse options that a part does not have', () => {
    expect(() => withOptions(resnet, { dpeth: 8 })).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message: expect.stringMatching(/"resnet": unknown option "dpeth" \(did you mean "depth"\?\)/),
      }),
    );
  });

  test('that an optimiser refuses leave no tensor behind', async () => {
    const dataset = await openSample();
    const plan = planTraining(defineRecipe({ ...least, optimiser: { name: 'sgd', momentum: 2 } }), dataset);
    const before = tf.memory().numTensors;
    expect(() => beginTraining(plan)).toThrow(expect.objectContaining({ code: 'invalid-optimiser' }));
    expect(tf.memory().numTensors).toBe(before);
    await dataset.close();
  });
});

test('training batches take all of the split and augment it where nothing else is said', async () => {
  const dataset = await openSample();
  const key = keyFromSeed(1);
  const { size } = dataset.splits.train!;
  const short = trainingBatches(dataset, { key, batch: 8 });
  const long = trainingBatches(dataset, { key, batch: 8, size, augment: true });
  expect(short.perEpoch).toBe(Math.floor(size / 8));
  const [a, b] = await Promise.all([short.read(3), long.read(3)]);
  expect(a.x!.dataSync()).toEqual(b.x!.dataSync());
  const plain = await trainingBatches(dataset, { key, batch: 8, augment: false }).read(3);
  expect(plain.x!.dataSync()).not.toEqual(a.x!.dataSync());
  expect(plain['label/class']!.dataSync()).toEqual(a['label/class']!.dataSync());
  tf.dispose([a, b, plain]);
  await dataset.close();
});
