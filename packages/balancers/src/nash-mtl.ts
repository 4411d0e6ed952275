import * as z from 'zod';
import { defineBalancer, headsOf, headsOption, maxLengthOption, replaced } from './define';
import { preferenceOption } from './preference';
import {
  cosines,
  dot,
  lengths,
  type Matrix,
  solve,
  squaredLength,
  squaredSum,
  submatrix,
  sumOf,
  times,
  withRidge,
} from './solvers/matrix';
import { reach } from './solvers/reach';

const options = z.strictObject({
  maxLength: maxLengthOption,
  preference: preferenceOption,
  heads: headsOption('weighted'),
});

/** How far each entry is above {@link reach}, where gradients cancel; else 0. */
const excess = (b: readonly number[]) => b.map((entry) => Math.max(0, entry - reach));

/**
 * The positive b with `C b = p / b`: the minimum of the strictly convex `1/2 b'Cb - sum p log b`, by damped
 * Newton. Where it would lie beyond {@link reach}, half the squared excess is added: `C b = p / b - excess`.
 *
 * @param power  p, what each side brings to the bargain, above 0
 */
export function bargain(matrix: Matrix, power: readonly number[]): number[] {
  const value = (b: readonly number[]) =>
    (dot(b, times(matrix, b)) + squaredSum(excess(b))) / 2 -
    sumOf(b.map((entry, task) => power[task]! * Math.log(entry)));
  let b = matrix.map(() => 1);
  for (let iteration = 0; iteration < 200; iteration++) {
    const beyond = excess(b);
    const slope = times(matrix, b).map((product, task) => product - power[task]! / b[task]! + beyond[task]!);
    const curvature = matrix.map((row, i) =>
      row.map((entry, j) => (i === j ? entry + power[i]! / b[i]! ** 2 + (beyond[i]! > 0 ? 1 : 0) : entry)),
    );
    const step = solve(
      curvature,
      slope.map((entry) => -entry),
    );
    const decrement = Math.sqrt(Math.max(0, -dot(slope, step)));
    // Without an excess the function is self-concordant: this length is safe, and the full step near the minimum.
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
 * gradient gets 1. With a preference p, `M alpha = p / alpha`: the asymmetric bargain, in which p says who can hold out
 * longer; a task of preference 0 takes no part.
 *
 * Where gradients cancel, the solution lies at infinity. The published solver stops at a residual of 1e-3, where
 * alpha is about 1000, and so does this: a b_i above 1000 is held back by as much as it is above, which is T / 1000
 * at most, and `(C b)_i` lacks that of `1 / b_i`. The shared gradient is then shortened as if nothing were
 * lacking. `weight_i |g_i|` stays below about `1000 maxLength / sqrt(T)`; for heads, and without a `maxLength`, below
 * `1000 sqrt(|M|)` with the Frobenius norm of the Gramian.
 *
 * Source: A. Navon and others, ICML 2022, https://arxiv.org/abs/2202.01017
 */
export const nashMtl = defineBalancer<z.output<typeof options>>({
  name: 'nash-mtl',
  summary: 'A bargaining solution between the tasks (Navon and others).',
  source: {
    title: 'Navon and others: Multi-Task Learning as a Bargaining Game (ICML 2022)',
    url: 'https://arxiv.org/abs/2202.01017',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'always', linear: false, symmetric: true }),
  solve({ gramian, preference }, { maxLength, heads }) {
    const norms = lengths(gramian);
    // The ridge keeps the matrix definite, which rounding alone may not leave it.
    const sides = preference.flatMap((share, task) => (share > 0 ? [task] : []));
    const bargained = bargain(
      submatrix(withRidge(cosines(gramian), 1e-9), sides),
      sides.map((task) => preference[task]!),
    );
    const scaled = replaced(
      preference.map(() => 0),
      sides,
      bargained,
    );
    const frobenius = Math.sqrt(squaredSum(gramian.flat()));
    const solution = scaled.map((entry, task) =>
      norms[task]! > 0 ? (entry / norms[task]!) * Math.sqrt(frobenius) : Number(preference[task]! > 0),
    );
    // What was held back counts as well: in units of the Frobenius norm the sum is always the number of tasks.
    const missing = dot(excess(scaled), scaled) * frobenius;
    const length = Math.sqrt(squaredLength(gramian, solution) + missing);
    const shorten = maxLength !== null && length > maxLength ? maxLength / length : 1;
    return { weights: solution.map((entry) => entry * shorten), heads: headsOf(heads, solution) };
  },
});
