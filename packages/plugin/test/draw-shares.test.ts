import { keyFromSeed } from '@overparam/engine';
import { expect, test } from 'vitest';
import { drawShares } from '../src/index';

/** How many of each group are drawn, for groups of these sizes. */
function counts(sizes: readonly number[], share: number, seed = 1): number[] {
  let next = 0;
  const groups = sizes.map((size) => Array.from({ length: size }, () => next++));
  const drawn = drawShares(groups, share, keyFromSeed(seed));
  return groups.map((group) => group.filter((member) => drawn.has(member)).length);
}

test('a group keeps a member, and the others make up for it', () => {
  expect(counts([1, 1, 8], 0.5)).toEqual([0, 0, 5]);
  expect(counts([1, 1], 0.5)).toEqual([0, 0]);
  expect(counts([3, 3, 3], 1 / 3)).toEqual([1, 1, 1]);
  expect(counts([7], 0.9)).toEqual([6]);
});

test('of few, one is drawn', () => {
  expect(counts([2], 0.2)).toEqual([1]);
});

test('the key alone decides who is drawn', () => {
  const groups = [Array.from({ length: 50 }, (_, index) => index)];
  const drawn = (seed: number) => [...drawShares(groups, 0.2, keyFromSeed(seed))];
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
  expect(new Set(drawn(1)).size).toBe(10);
});
