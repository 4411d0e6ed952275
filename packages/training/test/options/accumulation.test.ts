import { trirep } from '@overparam/method-new';
import { alternating } from '@overparam/routines';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../support/engines';
import { openRun } from '../support/runs';
import { tiny } from '../support/setups';
import { distancesTo } from './follow-options';
import { trainedWith } from './interrupted';
import { take, ways } from './ways';

const engine = engines[0]!;

describe.each(ways)('on $name', (way) => {
  let leave = () => {};
  beforeAll(async () => {
    leave = await take(way);
  });
  afterAll(() => leave());

  test.each([
    ['accumulate 2', { accumulate: 2 }],
    ['accumulate 4, clip norm 0.5', { accumulate: 4, clip: { by: 'norm', limit: 0.5 } }],
  ] as const)("%s: eight batches follow PyTorch's", async (name, options) => {
    const before = tf.memory().numTensors;
    const { losses, weights } = await distancesTo(name, options);
    expect(losses).toBeLessThan(1e-5);
    expect(weights).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a run that is stopped between batches that count as one is the same, bit for bit', async () => {
  const setup = { ...tiny, epochs: 2, accumulate: 3, averageWeights: { decay: 0.5 } };
  const whole = await trainedWith(setup, engine, null);
  for (const stop of [1, 2, 4]) {
    const again = await trainedWith(setup, engine, stop);
    expect(again.values).toEqual(whole.values);
    expect(again.progress.history).toEqual(whole.progress.history);
  }
});

test('a routine that changes what moves within batches that count as one is refused', async () => {
  const setup = { ...tiny, method: trirep, routine: alternating };
  await expect(openRun({ ...setup, accumulate: 2 })).rejects.toThrow(
    /accumulate: 2 takes the mean gradient of 2 batches, and the routine "alternating" moves others at batch \d+/,
  );
});
