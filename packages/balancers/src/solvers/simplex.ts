import { dot, solve, sumOf } from './matrix';

/** A convex function with its first and second derivatives at a point. */
export interface Derivatives {
  readonly value: number;
  readonly gradient: readonly number[];
  readonly hessian: readonly (readonly number[])[];
}

/**
 * The weights `w >= 0`, `sum w = 1` that minimise a smooth convex function: Newton's method on the function
 * minus a logarithmic barrier, which is taken down by a factor of 10 at a time.
 *
 * Source: S. Boyd, L. Vandenberghe, Convex Optimization, chapter 11. The result is within `size * 1e-13` of
 * the minimum, times the order there.
 *
 * @param size      number of weights
 * @param evaluate  should be of the order of 1 where the weights are even
 * @param order     the function's order of magnitude at a point, from 0 to 1: where it falls far, the search goes on
 */
export function simplexMinimum(
  size: number,
  evaluate: (w: readonly number[]) => Derivatives,
  order: (w: readonly number[]) => number,
): number[] {
  let w = new Array<number>(size).fill(1 / size);
  for (let sharpness = 1; sharpness * order(w) <= 1e13 && sharpness < 1e60; sharpness *= 10) {
    for (let iteration = 0; iteration < 50; iteration++) {
      const next = newtonStep(w, evaluate, sharpness);
      if (next === null) break;
      w = next;
    }
  }
  const sum = sumOf(w);
  return w.map((weight) => weight / sum);
}

/** The next point, or null where the step gains nothing that doubles can tell. */
function newtonStep(
  w: readonly number[],
  evaluate: (w: readonly number[]) => Derivatives,
  sharpness: number,
): number[] | null {
  const { gradient, hessian } = evaluate(w);
  const slope = gradient.map((value, index) => value - 1 / (sharpness * w[index]!));
  // The last row keeps the sum of the weights.
  const system = hessian.map((row, i) => [
    ...row.map((value, j) => (i === j ? value + 1 / (sharpness * w[i]! ** 2) : value)),
    1,
  ]);
  const solution = solve([...system, [...w.map(() => 1), 0]], [...slope.map((value) => -value), 0]);
  const direction = solution.slice(0, w.length);
  const decrease = -dot(slope, direction);
  if (!(decrease * sharpness > 1e-9)) return null;
  const barrier = (point: readonly number[]) =>
    evaluate(point).value - sumOf(point.map(Math.log)) / sharpness;
  const before = barrier(w);
  for (let length = 1; length > 1e-10; length /= 2) {
    const candidate = w.map((weight, index) => weight + length * direction[index]!);
    if (!candidate.every((weight) => weight > 0)) continue;
    if (barrier(candidate) <= before - 0.1 * length * decrease) return candidate;
  }
  return null;
}
