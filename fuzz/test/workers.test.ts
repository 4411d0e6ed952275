import { locate } from '@overparam/engine-tensorflow/library';
import { describe, expect, test } from 'vitest';
import { distance, isSame, trainedBy } from '../workers';

const there = await locate().then(
  () => true,
  () => false,
);

// The long form, every method, routine and several balancers by 2, 3 and 4 workers: `npm run fuzz -- workers`.
// Norms within branches, branches that are summed jointly, and a covariance, which shares of one and two examples must agree on.
const names = [
  'routine progressive',
  'mixed images',
  'balancer upgrad',
  'method dbb',
  'method mobileone',
  'method trirep',
];

describe.skipIf(!there)('four workers on batches that they do not divide', () => {
  test('come to the parameters of one process, and all to the same', { timeout: 600_000 }, async () => {
    const alone = await trainedBy(1, names, { norms: 'synchronised' });
    const together = await trainedBy(4, names, { norms: 'synchronised' });
    for (const name of names) {
      const [first, ...others] = together.get(name)!;
      expect(distance(first!, alone.get(name)![0]!), name).toBeLessThan(1e-5);
      expect(others.map((other) => isSame(other, first!))).toEqual([true, true, true]);
    }
  });
});
