import { expect, test } from 'vitest';
import { checkNetworks } from '../networks';

// The long form: `tsx fuzz/networks/main.ts --engine wasm --count 500 --seed 1`.
const seed = 11;

test('drawn networks are expanded, trained and collapsed as stock TensorFlow.js computes them', {
  timeout: 300_000,
}, async () => {
  const { verdicts, wrong } = await checkNetworks('cpu', 60, seed);
  console.log(`networks drawn from seed ${seed}: ${verdicts.length}`);
  expect(wrong).toEqual([]);
  // Most are not refused, so that something was looked at.
  expect(verdicts.filter(({ outcome }) => outcome === 'right').length).toBeGreaterThan(40);
});
