import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { dot, lengths, type Matrix, squaredLength, sumOf, times } from './solvers/matrix';
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
  heads: headsOption('unweighted'),
});

/** `w'b + radius sqrt(w'Mw)` with its derivatives. */
function objective(gramian: Matrix, linear: readonly number[], radius: number) {
  return (w: readonly number[]): Derivatives => {
    const product = times(gramian, w);
    // Keeps the square root smooth where the gradients can cancel.
    const length = Math.sqrt(Math.max(0, dot(w, product)) + 1e-20);
    return {
      value: dot(w, linear) + radius * length,
      gradient: product.map((value, index) => linear[index]! + (radius * value) / length),
      hessian: gramian.map((row, i) =>
        row.map((value, j) => (radius / length) * (value - (product[i]! * product[j]!) / length ** 2)),
      ),
    };
  };
}

/**
 * CAGrad: the direction in a ball around the mean gradient g_0 that improves the worst task most.
 *
 * w minimises `g_w . g_0 + c |g_0| |g_w|` over the simplex; the direction is `g_0 + c |g_0| g_w / |g_w|`,
 * divided by `1 + c^2`, times the number of tasks, so that it compares with the sum of the losses.
 *
 * Source: B. Liu and others, NeurIPS 2021, https://arxiv.org/abs/2110.14048; the two factors as in the
 * published code
 */
export const cagrad = defineBalancer<z.output<typeof options>>({
  name: 'cagrad',
  summary: 'The best direction for the worst task near the mean gradient (Liu and others).',
  options,
  needs: () => ['gramian'],
  solve({ gramian }, { c, rescale, heads }) {
    const count = gramian.length;
    const scale = sumOf(lengths(gramian).map((length) => length ** 2)) / count;
    const unit = gramian.map((row) => row.map((value) => value / (scale || 1)));
    const even = unit.map(() => 1 / count);
    const radius = c * Math.sqrt(squaredLength(unit, even));
    const w = radius > 0 ? simplexMinimum(count, objective(unit, times(unit, even), radius)) : even;
    const length = Math.sqrt(squaredLength(unit, w));
    const pull = length > 0 ? radius / length : 0;
    const factor = count / (rescale ? 1 + c * c : 1);
    const weights = w.map((weight, task) => factor * (even[task]! + pull * weight));
    return { weights, heads: headsOf(heads, weights) };
  },
});
