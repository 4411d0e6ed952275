import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { preferenceOption } from './preference';
import { cosines, lengths } from './solvers/matrix';
import { nonNegativeMinimum } from './solvers/non-negative';
import { reach } from './solvers/reach';

const options = z.strictObject({ preference: preferenceOption, heads: headsOption('unweighted') });

/**
 * UPGrad: each gradient is projected on the cone of directions that harm no task; the mean of the
 * projections.
 *
 * The projection of g_i is `g_i + sum_j v_j g_j` with the v >= 0 that makes it shortest, which is found
 * exactly, for gradients of unit length. A preference weighs the mean.
 *
 * Where only gradients that nearly cancel can undo a conflict, v would grow without limit; none goes above 1000. Along
 * another gradient's direction, 1 / 4000 of `|g_i|` at most is left of the conflict. `weight_i |g_i|` is thus at
 * most `|g_i| / T + 1000 mean_j |g_j|`. The authors' library adds 1e-4 to the diagonal instead, which changes all
 * projections a little.
 *
 * Source: P. Quinton, V. Rey, Jacobian Descent for Multi-Objective Optimization, 2024,
 * https://arxiv.org/abs/2406.16232
 */
export const upgrad = defineBalancer<z.output<typeof options>>({
  name: 'upgrad',
  summary: 'Mean of the gradients, each projected to harm no task (Quinton and Rey).',
  source: {
    title: 'Quinton, Rey: Jacobian Descent for Multi-Objective Optimization (2024)',
    url: 'https://arxiv.org/abs/2406.16232',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'always', linear: true, symmetric: true }),
  solve({ gramian, preference }, { heads }) {
    const count = gramian.length;
    const norms = lengths(gramian);
    const unit = cosines(gramian);
    const weights = preference.map((share) => share / count);
    unit.forEach((row, own) => {
      const added = nonNegativeMinimum(
        unit,
        row.map((cosine) => -cosine),
        reach,
      );
      added.forEach((value, task) => {
        if (norms[task]! > 0)
          weights[task]! += (preference[own]! * value * norms[own]!) / norms[task]! / count;
      });
    });
    return { weights, heads: headsOf(heads, weights) };
  },
});
