import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Overfitted, overfit } from './overfit/recipe';

const stored = JSON.parse(readFileSync(new URL('./overfit/torch.json', import.meta.url), 'utf8')) as {
  runs: readonly ({ readonly seed: number; readonly run: number } & Overfitted)[];
};

/** The whole recipe is `pnpm bench nyuv2-overfit`. */
const steps = 3;

test('the first steps on real scenes are those of PyTorch, from the same weights and batches', async () => {
  const [peer] = stored.runs;
  const ours = await overfit(peer!.seed, peer!.run, steps, 'wasm');
  expect(ours.checksum, 'run overfit.py again').toBe(peer!.checksum);
  ours.losses.forEach((loss, step) => {
    expect(Math.abs(loss / peer!.losses[step]! - 1)).toBeLessThan(step === 0 ? 1e-4 : 1e-2);
  });
  // And it learns something.
  expect(ours.losses.at(-1)).toBeLessThan(0.95 * ours.losses[0]!);
}, 300_000);
