import { dot, type Matrix, solve, submatrix, sumOf, withRidge } from './matrix';

/**
 * The `x >= 0` that minimises `1/2 x'Qx - c'x`, by Lawson and Hanson's active sets: exact after finitely many
 * steps.
 *
 * A singular Q is taken as if its diagonal were larger by 1e-14 of its mean: x is then one of several, and
 * Qx the same for all of them.
 *
 * Source: C. L. Lawson, R. J. Hanson, Solving Least Squares Problems, chapter 23, in terms of normal
 * equations
 *
 * @param quadratic  Q, symmetric and positive semidefinite
 * @param linear     c
 */
export function nonNegativeMinimum(quadratic: Matrix, linear: readonly number[]): number[] {
  const size = linear.length;
  const scale = sumOf(quadratic.map((row, index) => row[index]!)) / size;
  const regular = withRidge(quadratic, 1e-14 * scale);
  const tolerance = 1e-13 * Math.max(...linear.map(Math.abs), 0);
  const free = new Set<number>();
  let x = new Array<number>(size).fill(0);
  // Each step lowers the objective, so no set comes twice; the bound is for rounding only.
  for (let step = 0; step < 10 * 2 ** Math.min(size, 10); step++) {
    const descent = regular.map((row, index) => linear[index]! - dot(row, x));
    const entering = descent.reduce(
      (best, value, index) =>
        !free.has(index) && value > tolerance && (best < 0 || value > descent[best]!) ? index : best,
      -1,
    );
    if (entering < 0) break;
    free.add(entering);
    const next = settle(regular, linear, x, free);
    // Rounding alone can send the new index straight back.
    if (!free.has(entering)) break;
    x = next;
  }
  return x;
}

/**
 * Moves from `x` to the minimum over the free indices; those that meet 0 on the way are taken out of
 * `free`.
 */
function settle(quadratic: Matrix, linear: readonly number[], x: readonly number[], free: Set<number>) {
  let from = [...x];
  for (;;) {
    const indices = [...free].sort((a, b) => a - b);
    const solution = solve(
      submatrix(quadratic, indices),
      indices.map((index) => linear[index]!),
    );
    const target = new Array<number>(from.length).fill(0);
    indices.forEach((index, place) => {
      target[index] = solution[place]!;
    });
    const blocking = indices.filter((index) => !(target[index]! > 0));
    if (blocking.length === 0) return target;
    const shares = blocking.map((index) => from[index]! / (from[index]! - target[index]!));
    const share = Math.min(...shares.map((value) => (Number.isFinite(value) ? value : 0)));
    from = from.map((value, index) => value + share * (target[index]! - value));
    blocking.forEach((index, place) => {
      if (!(shares[place]! > share)) {
        free.delete(index);
        from[index] = 0;
      }
    });
    if (free.size === 0) return new Array<number>(from.length).fill(0);
  }
}
