import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import {
  cosines,
  dot,
  lengths,
  type Matrix,
  solve,
  squaredLength,
  sumOf,
  times,
  withRidge,
} from './solvers/matrix';

const options = z.strictObject({
  maxLength: z
    .number()
    .positive()
    .nullable()
    .default(1)
    .describe('Longest shared gradient, longer ones are shortened to it; null for no limit.'),
  heads: headsOption('weighted'),
});

/**
 * The positive b with `C b = 1 / b`: the minimum of the strictly convex `1/2 b'Cb - sum log b`, by damped
 * Newton.
 */
export function bargain(matrix: Matrix): number[] {
  const value = (b: readonly number[]) => dot(b, times(matrix, b)) / 2 - sumOf(b.map(Math.log));
  let b = matrix.map(() => 1);
  for (let iteration = 0; iteration < 200; iteration++) {
    const slope = times(matrix, b).map((product, task) => product - 1 / b[task]!);
    const curvature = matrix.map((row, i) =>
      row.map((entry, j) => (i === j ? entry + 1 / b[i]! ** 2 : entry)),
    );
    const step = solve(
      curvature,
      slope.map((entry) => -entry),
    );
    const decrement = Math.sqrt(Math.max(0, -dot(slope, step)));
    // The function is self-concordant: this length is always safe, and the full step near the minimum.
    let length = decrement > 0.25 ? 1 / (1 + decrement) : 1;
    const before = value(b);
    const at = (share: number) => b.map((entry, task) => entry + share * step[task]!);
    while (
      length > 1e-12 &&
      !(at(length).every((entry) => entry > 0) && value(at(length)) <= before + 1e-12)
    ) {
      length /= 2;
    }
    b = at(length);
    if (decrement < 1e-9) break;
  }
  return b;
}

/**
 * Nash-MTL: the tasks bargain for the update; none can gain a share without another losing a larger one.
 *
 * `M alpha = 1 / alpha`, alpha > 0, with M the Gramian divided by its Frobenius norm as in the published
 * code; then the shared gradient is shortened to `maxLength`. The direction does not depend on the scales
 * of the losses. It is solved for the cosines between gradients, `alpha_i = b_i / |g_i|`; a task without a
 * gradient gets 1.
 *
 * Source: A. Navon and others, ICML 2022, https://arxiv.org/abs/2202.01017
 */
export const nashMtl = defineBalancer<z.output<typeof options>>({
  name: 'nash-mtl',
  summary: 'A bargaining solution between the tasks (Navon and others).',
  options,
  needs: () => ['gramian'],
  solve({ gramian }, { maxLength, heads }) {
    const norms = lengths(gramian);
    // Where gradients cancel the solution lies at infinity; the ridge keeps it finite.
    const scaled = bargain(withRidge(cosines(gramian), 1e-9));
    const frobenius = Math.sqrt(sumOf(gramian.flat().map((entry) => entry * entry)));
    const solution = scaled.map((entry, task) =>
      norms[task]! > 0 ? (entry / norms[task]!) * Math.sqrt(frobenius) : 1,
    );
    const length = Math.sqrt(squaredLength(gramian, solution));
    const shorten = maxLength !== null && length > maxLength ? maxLength / length : 1;
    return { weights: solution.map((entry) => entry * shorten), heads: headsOf(heads, solution) };
  },
});
