import { sumOf } from './matrix';

/**
 * The nearest point to `values` among those of non-negative entries and sum 1: all lowered by one number, and cut at 0.
 *
 * Source: J. Duchi and others, Efficient projections onto the l1-ball, ICML 2008, figure 1
 */
export function simplexProjection(values: readonly number[]): number[] {
  const descending = [...values].sort((a, b) => b - a);
  // Relative to the largest, so that no sum of large numbers loses the 1.
  const top = descending[0]!;
  let lowered = -1;
  let sum = 0;
  descending.forEach((value, index) => {
    sum += value - top;
    const candidate = (sum - 1) / (index + 1);
    if (value - top > candidate) lowered = candidate;
  });
  const shares = values.map((value) => Math.max(0, value - top - lowered));
  const total = sumOf(shares);
  return shares.map((share) => share / total);
}
