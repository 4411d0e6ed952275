import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { preferenceOption } from './preference';
import { dot, lengths, type Matrix, squaredLength, submatrix, sumOf, times } from './solvers/matrix';
import { reach } from './solvers/reach';
import { type Derivatives, simplexMinimum } from './solvers/simplex';

const options = z.strictObject({
  c: z
    .number()
    .min(0)
    .default(0.4)
    .describe('Radius of the search around the mean gradient, in its lengths; 0 is the plain sum.'),
  rescale: z
    .boolean()
    .default(true)
    .describe('Whether the result is divided by 1 + c^2, as in the published code; the paper does not.'),
  preference: preferenceOption,
  heads: headsOption('unweighted'),
});

/** A combination of gradients: its length, and the one below which it counts as cancelled. */
interface Combination {
  readonly length: number;
  readonly shortest: number;
}

function combination(gramian: Matrix, norms: readonly number[], w: readonly number[]): Combination {
  return { length: Math.sqrt(squaredLength(gramian, w)), shortest: dot(norms, w) / reach };
}

/**
 * `w'b + radius |g_w|` with its derivatives. Below the shortest length s, |g_w| is `(|g_w|^2 / s + s) / 2`, which
 * goes on smoothly and stays convex.
 */
function objective(gramian: Matrix, norms: readonly number[], linear: readonly number[], radius: number) {
  return (w: readonly number[]): Derivatives => {
    const product = times(gramian, w);
    const { length, shortest } = combination(gramian, norms, w);
    if (length >= shortest) {
      return {
        value: dot(w, linear) + radius * length,
        gradient: product.map((value, index) => linear[index]! + (radius * value) / length),
        hessian: gramian.map((row, i) =>
          row.map((value, j) => (radius / length) * (value - (product[i]! * product[j]!) / length ** 2)),
        ),
      };
    }
    const share = (length / shortest) ** 2;
    const slopes = norms.map((norm) => norm / reach);
    const bent = slopes.map((slope) => slope / shortest);
    return {
      value: dot(w, linear) + (radius * (share + 1) * shortest) / 2,
      gradient: product.map(
        (value, index) => linear[index]! + radius * (value / shortest + (slopes[index]! * (1 - share)) / 2),
      ),
      hessian: gramian.map((row, i) =>
        row.map(
          (value, j) =>
            (radius / shortest) *
            (value - product[i]! * bent[j]! - product[j]! * bent[i]! + length ** 2 * bent[i]! * bent[j]!),
        ),
      ),
    };
  };
}

/** Factors of the gradients in the pull away from the mean gradient, which is at most `radius` long. */
function pull(gramian: Matrix, linear: readonly number[], radius: number): number[] {
  const norms = lengths(gramian);
  // Even weights say how long gradients are in general; a minimum among far shorter ones is sought as exactly.
  const order = (w: readonly number[]) => {
    const own = dot(norms, w);
    return own < 0.001 ? own : 1;
  };
  const w = simplexMinimum(norms.length, objective(gramian, norms, linear, radius), order);
  const { length, shortest } = combination(gramian, norms, w);
  return w.map((weight) => weight * (radius / Math.max(length, shortest)));
}

/**
 * CAGrad: the direction in a ball around the mean gradient g_0 that improves the worst task most.
 *
 * w minimises `g_w . g_0 + c |g_0| |g_w|` over the simplex; the direction is `g_0 + c |g_0| g_w / |g_w|`,
 * divided by `1 + c^2`, times the number of tasks, so that it compares with the sum of the losses. A preference weighs
 * the mean.
 *
 * Where g_w cancels, its length counts as at least s, a thousandth of the sum of `w_i |g_i|`, in both places (in the
 * first smoothly, as `(|g_w|^2 / s + s) / 2`). The direction stays in the ball, its worst task is within
 * `c |g_0| |g_i| / 2000` of the best, and `weight_i |g_i|` is at most
 * `(|g_i| + 1000 c T |g_0|) / (1 + c^2)`. The published code adds 1e-8 to the squared length and to the length
 * instead, whatever the scale of the gradients. A task without a gradient has no say, and gets the weight of the mean.
 *
 * Source: B. Liu and others, NeurIPS 2021, https://arxiv.org/abs/2110.14048; the two factors as in the
 * published code
 */
export const cagrad = defineBalancer<z.output<typeof options>>({
  name: 'cagrad',
  summary: 'The best direction for the worst task near the mean gradient (Liu and others).',
  source: {
    title:
      'Liu, Liu, Jin, Stone, Liu: Conflict-Averse Gradient Descent for Multi-task Learning (NeurIPS 2021)',
    url: 'https://arxiv.org/abs/2110.14048',
  },
  options,
  needs: () => ['gramian'],
  properties: ({ c }) => ({ harmless: 'no', linear: c === 0, symmetric: true }),
  solve({ gramian, preference }, { c, rescale, heads }) {
    const count = gramian.length;
    const scale = sumOf(lengths(gramian).map((length) => length ** 2)) / count;
    const unit = gramian.map((row) => row.map((value) => value / (scale || 1)));
    const even = preference.map((share) => share / count);
    const radius = c * Math.sqrt(squaredLength(unit, even));
    const factor = count / (rescale ? 1 + c * c : 1);
    const weights = even.map((weight) => factor * weight);
    const there = unit.flatMap((row, task) => (row[task]! > 0 ? [task] : []));
    if (radius > 0) {
      const linear = times(unit, even);
      const pulls = pull(
        submatrix(unit, there),
        there.map((task) => linear[task]!),
        radius,
      );
      there.forEach((task, place) => {
        weights[task] = factor * (even[task]! + pulls[place]!);
      });
    }
    return { weights, heads: headsOf(heads, weights) };
  },
});
