import { useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clipped } from '../../src/clip';
import { finish, openRun } from '../support/runs';
import { type Setup, tiny } from '../support/setups';
import { valuesOf } from '../support/values';
import { distancesTo } from './follow-options';
import { take, ways } from './ways';

describe.each(ways)('on $name', (way) => {
  let leave = () => {};
  beforeAll(async () => {
    leave = await take(way);
  });
  afterAll(() => leave());

  test.each([
    ['plain', null],
    ['clip norm 0.5', { by: 'norm', limit: 0.5 }],
    ['clip norm 100', { by: 'norm', limit: 100 }],
    ['clip value 0.05', { by: 'value', limit: 0.05 }],
  ] as const)("%s: eight steps follow PyTorch's", async (name, clip) => {
    const before = tf.memory().numTensors;
    const { losses, weights } = await distancesTo(name, { clip });
    expect(losses).toBeLessThan(1e-5);
    expect(weights).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a limit that is far away leaves a run as it is, bit for bit; a near one does not', async () => {
    const run = async (clip: Setup['clip']) => {
      const opened = await openRun({ ...tiny, epochs: 1, ...(clip && { clip }) }, way.engine);
      let last = new Map<string, string>();
      await finish(opened, (loop) => ({
        onUpdate() {
          last = valuesOf(loop.trained);
        },
      }));
      return last;
    };
    const plain = await run(null);
    expect(await run({ by: 'norm', limit: 1e6 })).toEqual(plain);
    expect(await run({ by: 'value', limit: 1e6 })).toEqual(plain);
    expect(await run({ by: 'norm', limit: 0.1 })).not.toEqual(plain);
  });
});

test('the norm is that of all gradients together', async () => {
  await useEngine('cpu');
  tf.tidy(() => {
    const gradients = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[4]]) };
    const found = clipped(gradients, { by: 'norm', limit: 1 });
    expect([...found.a!.dataSync(), ...found.b!.dataSync()].map((value) => value.toFixed(5))).toEqual([
      '0.60000',
      '0.00000',
      '0.80000',
    ]);
    const values = clipped({ a: tf.tensor1d([-7, 0.2, 3]) }, { by: 'value', limit: 0.5 });
    expect([...values.a!.dataSync()].map((value) => value.toFixed(2))).toEqual(['-0.50', '0.20', '0.50']);
  });
});
