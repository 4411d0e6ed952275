import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { preferenceOption } from './preference';
import { symmetricEigen } from './solvers/eigen';
import { cosines, dot, lengths, squaredLength, submatrix, sumOf, times } from './solvers/matrix';

const options = z.strictObject({ preference: preferenceOption, heads: headsOption('unweighted') });

/** float32's: eigenvalues below this share, times their number, are rounding. */
const epsilon = 2 ** -23;

/** Shorter than this, what is found of the wanted cosines is rounding. */
const least = 1e-3;

/**
 * ConFIG: the direction that has the same cosine with all gradients, as long as their projections on it together.
 *
 * With U the unit gradients, `d = U^+ p` and the direction is `(sum_i g_i . d) d / |d|^2`. On the Gramian that is exact:
 * `U^+ = U' C^+` with C the cosines, so `b = C^+ p` are factors of the unit gradients. The preference p says what the
 * cosines are to each other. Where gradients are linearly independent, no task is harmed.
 *
 * Eigenvalues of C below T times float32's epsilon count as 0, as in a pseudo-inverse; `w_i |g_i|` is thus
 * `2900 sum_j |g_j|` at most. Where gradients oppose each other on one line, no direction agrees with them, and there
 * is no update of what is shared. A task without a gradient gets 0.
 *
 * Source: Q. Liu, M. Chu, N. Thuerey, ICLR 2025, https://arxiv.org/abs/2408.11104, equation 2; equal weights and the
 * length by projection, which the published code has by default
 */
export const config = defineBalancer<z.output<typeof options>>({
  name: 'config',
  summary: 'A direction at one angle to all gradients (Liu, Chu and Thuerey).',
  source: {
    title:
      'Liu, Chu, Thuerey: ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks (ICLR 2025)',
    url: 'https://arxiv.org/abs/2408.11104',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'independent', linear: true, symmetric: true }),
  solve({ gramian, preference }, { heads }) {
    const norms = lengths(gramian);
    const there = norms.flatMap((norm, task) => (norm > 0 ? [task] : []));
    const unit = submatrix(cosines(gramian), there);
    const wanted = there.map((task) => preference[task]!);
    const { values, vectors } = symmetricEigen(unit);
    const largest = Math.max(...values, 0);
    const b = there.map(() => 0);
    values.forEach((value, index) => {
      if (!(value > largest * there.length * epsilon)) return;
      const share = dot(vectors[index]!, wanted) / value;
      vectors[index]!.forEach((entry, place) => {
        b[place]! += share * entry;
      });
    });
    const squared = squaredLength(unit, b);
    const reached = times(unit, b);
    const weights = norms.map(() => 0);
    if (Math.sqrt(sumOf(reached.map((cosine) => cosine ** 2))) > least) {
      const projected = sumOf(there.map((task, place) => norms[task]! * reached[place]!));
      there.forEach((task, place) => {
        weights[task] = ((projected / squared) * b[place]!) / norms[task]!;
      });
    }
    return { weights, heads: headsOf(heads, weights) };
  },
});
