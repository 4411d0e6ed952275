import { useEngine } from '@overparam/engine';
import { locate } from '@overparam/engine-tensorflow/library';
import { describe, expect, test } from 'vitest';
import { engines } from '../layers';
import { families } from '../layers/families';
import { runLayers } from '../layers/run';

const native = await locate().then(
  () => true,
  () => false,
);
if (!native)
  console.warn('\n*** SKIPPED: TensorFlow is not installed, so its layers are not compared here. ***\n');

/** Some rounds of all families: what `npm run fuzz -- layers` does at length. */
const rounds = 2;
const seed = 2026;
const count = rounds * families.reduce((sum, { weight }) => sum + weight, 0);

describe.each(Object.entries(engines))('random layers on %s', (name, { engine, mode }) => {
  test.skipIf(engine === 'tensorflow' && !native)(
    `equal plain sums, and their gradients central differences, seed ${seed}`,
    async () => {
      await useEngine(engine);
      const { failures, gradients } = runLayers({ families, mode, seed, from: 0, to: count });
      expect(
        failures,
        `again: npm run fuzz -- layers --engine ${name} --seed ${seed} --count ${count}`,
      ).toEqual([]);
      expect(gradients).toBeGreaterThan(count / 5);
    },
  );
});
