import { resnet } from '@overparam/backbones';
import { precisionProblem } from '@overparam/engine';
import { repMtl } from '@overparam/regularisers';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { estimateMemory, memoryNote, withOptions } from '../src/index';
import { engines } from './support/engines';
import { closeRun, openRun } from './support/runs';
import { type Setup, tiny, tinyTwoTasks } from './support/setups';

const setup: Setup = {
  ...tiny,
  backbone: withOptions(resnet, { depth: 20 }),
  limit: { train: 256, test: 10 },
};

/** What a run is told before it trains, and whether asking left anything behind. */
async function askedOf(changes: Partial<Setup>, engine: 'tensorflow' | 'wasm' = 'tensorflow') {
  const run = await openRun({ ...setup, ...changes }, engine);
  const { trained } = run.state;
  const before = tf.memory().numTensors;
  const memory = estimateMemory(run.plan, trained);
  const note = memoryNote(run.plan, trained);
  const left = tf.memory().numTensors - before;
  await closeRun(run);
  return { memory, note, left };
}

describe.skipIf(!engines.includes('tensorflow'))('the estimate of memory', () => {
  test('grows by the same for each image, by at least what convolutions read, and leaves nothing behind', async () => {
    const asked = [];
    for (const batch of [32, 64, 128]) asked.push(await askedOf({ batch }));
    const [one, two, four] = asked;
    for (const { left } of [one!, two!, four!]) expect(left).toBe(0);
    const first = two!.memory!.none - one!.memory!.none;
    const second = four!.memory!.none - two!.memory!.none;
    expect(second / first).toBeCloseTo(2, 1);
    // ResNet-20 reads 16x32x32 in seven of its convolutions, 32x16x16 in six and 64x8x8 in five.
    const read = 4 * (7 * 16 * 32 * 32 + 6 * 32 * 16 * 16 + 5 * 64 * 8 * 8);
    expect(first / 32).toBeGreaterThan(read);
    expect(first / 32).toBeLessThan(5 * read);
  });

  test('says what the other way of recomputing would take', async () => {
    const kept = await askedOf({ batch: 128 });
    expect(kept.memory!.blocks).toBeLessThan(0.9 * kept.memory!.none);
    const size = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    expect(kept.note).toBe(
      `Training takes about ${size(kept.memory!.none)} of memory at most (batch 128, float32, recompute: none); ` +
        `with recompute: blocks about ${size(kept.memory!.blocks)}.`,
    );
    const made = await askedOf({ batch: 128, recompute: 'blocks' });
    expect(made.memory).toEqual(kept.memory);
    expect(made.note).toMatch(/^Training takes about .* recompute: blocks\); with recompute: none about/);
  });

  test('says where recomputing is of no use', async () => {
    const { note } = await askedOf({ batch: 2, recompute: 'blocks' });
    expect(note).toMatch(/recompute: blocks saves next to nothing\.$/);
  });

  test('looks at all that a step does, and leaves nothing behind', async () => {
    const plain = await askedOf({ batch: 64 });
    const more = await askedOf({
      batch: 64,
      averageWeights: { decay: 0.9 },
      accumulate: 2,
      clip: { by: 'norm', limit: 1 },
      mix: { by: 'mixup', alpha: 1, probability: 1 },
    });
    expect(more.left).toBe(0);
    // Sums and averages of each of its parameters, at least.
    expect(more.memory!.none - plain.memory!.none).toBeGreaterThan(2 * 4 * 269_722);
    const scenes = { ...tinyTwoTasks, batch: 32, limit: { train: 64, test: 10 } };
    const without = await askedOf(scenes);
    const penalised = await askedOf({ ...scenes, regulariser: withOptions(repMtl) });
    expect(penalised.left).toBe(0);
    expect(penalised.memory!.none).toBeGreaterThan(without.memory!.none);
  });

  test('is less in half precision', async ({ skip }) => {
    if (precisionProblem('bfloat16') !== null) skip('this processor does not multiply bfloat16');
    const growth = async (changes: Partial<Setup>) =>
      (await askedOf({ batch: 128, ...changes })).memory!.none -
      (await askedOf({ batch: 32, ...changes })).memory!.none;
    expect(await growth({ precision: 'bfloat16' })).toBeLessThan(0.8 * (await growth({})));
  });
});

test('an engine that keeps everything has no estimate', async () => {
  const { memory, note } = await askedOf({ batch: 8 }, 'wasm');
  expect([memory, note]).toEqual([null, null]);
});
