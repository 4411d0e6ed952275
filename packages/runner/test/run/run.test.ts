import { readdirSync } from 'node:fs';
import type { ConfigFile } from '@overparam/config';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { train } from '../../src/run/train';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();

test('a whole run leaves no tensor behind', async () => {
  const config: ConfigFile = { ...tiny, method: 'trirep', routine: 'progressive' };
  await train(config, { out: path('warm') });
  const before = tf.memory().numTensors;
  await train(config, { out: path('counted') });
  expect(tf.memory().numTensors).toBe(before);
});

test('a loss that is not finite stops the run and keeps the last good checkpoint', async () => {
  // The second epoch's first update throws the weights to infinity.
  const lr = { peak: 0.01, schedule: 'multiStep' as const, milestones: [{ epochs: 1 }], factor: 1e38 };
  const run = train({ ...tiny, lr, optimiser: { name: 'sgd', momentum: 0 } }, { out: path('diverged') });
  await expect(run).rejects.toMatchObject({
    code: 'non-finite',
    message: expect.stringMatching(/^Update 5 \(epoch 2, .*first non-finite value is in layer "\w+"/),
  });
  expect(readdirSync(path('diverged', 'checkpoints'))).toEqual(['epoch-0001.safetensors']);
  expect(textOf(path('diverged', 'metrics.jsonl')).trim().split('\n')).toHaveLength(1);
});
