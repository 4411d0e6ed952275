import { dot, type Matrix, solve, submatrix, sumOf, withRidge } from './matrix';

/**
 * The `x` from 0 to `most` that minimises `1/2 x'Qx - c'x`, by Lawson and Hanson's active sets with bounds on both
 * sides: exact after finitely many steps.
 *
 * A singular Q is taken as if its diagonal were larger by 1e-14 of its mean: x is then one of several, and
 * Qx the same for all of them.
 *
 * Source: C. L. Lawson, R. J. Hanson, Solving Least Squares Problems, chapter 23, in terms of normal
 * equations; P. B. Stark, R. L. Parker, Bounded-Variable Least-Squares, Computational Statistics 10, 1995
 *
 * @param quadratic  Q, symmetric and positive semidefinite
 * @param linear     c
 * @param most       the upper bound of every x_i
 */
export function nonNegativeMinimum(
  quadratic: Matrix,
  linear: readonly number[],
  most = Number.POSITIVE_INFINITY,
): number[] {
  const size = linear.length;
  const scale = sumOf(quadratic.map((row, index) => row[index]!)) / size;
  const regular = withRidge(quadratic, 1e-14 * scale);
  const tolerance = 1e-13 * Math.max(...linear.map(Math.abs), 0);
  const free = new Set<number>();
  let x = new Array<number>(size).fill(0);
  // Each step lowers the objective, so no set comes twice; the limit is for rounding only.
  for (let step = 0; step < 10 * 2 ** Math.min(size, 10); step++) {
    const gains = regular.map((row, index) => {
      const descent = linear[index]! - dot(row, x);
      return x[index] === most ? -descent : descent;
    });
    const entering = gains.reduce(
      (best, value, index) =>
        !free.has(index) && value > tolerance && (best < 0 || value > gains[best]!) ? index : best,
      -1,
    );
    if (entering < 0) break;
    free.add(entering);
    const next = settle(regular, linear, x, free, most);
    // Rounding alone can send the new index straight back.
    if (!free.has(entering)) break;
    x = next;
  }
  return x;
}

/**
 * Moves from `x` to the minimum over the free indices; those that meet a bound on the way stay there and are taken out
 * of `free`.
 */
function settle(
  quadratic: Matrix,
  linear: readonly number[],
  x: readonly number[],
  free: Set<number>,
  most: number,
): number[] {
  let from = [...x];
  while (free.size > 0) {
    const indices = [...free].sort((a, b) => a - b);
    const held = from.map((value, index) => (free.has(index) ? 0 : value));
    const solution = solve(
      submatrix(quadratic, indices),
      indices.map((index) => linear[index]! - dot(quadratic[index]!, held)),
    );
    const target = [...held];
    indices.forEach((index, place) => {
      target[index] = solution[place]!;
    });
    const blocking = indices.filter((index) => !(target[index]! > 0 && target[index]! < most));
    if (blocking.length === 0) return target;
    const bounds = blocking.map((index) => (target[index]! >= most ? most : 0));
    const shares = blocking.map((index, place) => {
      const share = (from[index]! - bounds[place]!) / (from[index]! - target[index]!);
      return Number.isFinite(share) ? share : 0;
    });
    const share = Math.min(...shares);
    from = from.map((value, index) => value + share * (target[index]! - value));
    blocking.forEach((index, place) => {
      if (!(shares[place]! > share)) {
        free.delete(index);
        from[index] = bounds[place]!;
      }
    });
  }
  return from;
}
