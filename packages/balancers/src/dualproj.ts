import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { preferenceOption } from './preference';
import { cosines, lengths, sumOf, times } from './solvers/matrix';
import { nonNegativeMinimum } from './solvers/non-negative';
import { reach } from './solvers/reach';

const options = z.strictObject({ preference: preferenceOption, heads: headsOption('unweighted') });

/**
 * DualProj: the mean of the gradients, projected on the cone of directions that harm no task. Where `upgrad` projects
 * each gradient and takes the mean, this is one projection.
 *
 * The projection of the mean g_0 is `g_0 + sum_j v_j g_j` with the v >= 0 that makes it shortest, which is found exactly,
 * for gradients of unit length. A preference weighs the mean.
 *
 * As in `upgrad`, where only gradients that nearly cancel can undo a conflict none enters more than 1000-fold:
 * `weight_i |g_i|` is at most `|g_i| / T + 1000 mean_j |g_j|`.
 *
 * Source: D. Lopez-Paz, M. Ranzato, Gradient Episodic Memory, NIPS 2017, https://arxiv.org/abs/1706.08840, equation 11,
 * for the gradients of tasks in place of memories
 */
export const dualproj = defineBalancer<z.output<typeof options>>({
  name: 'dualproj',
  summary: 'The mean gradient, projected to harm no task (Lopez-Paz and Ranzato).',
  source: {
    title: 'Lopez-Paz, Ranzato: Gradient Episodic Memory for Continual Learning (NIPS 2017)',
    url: 'https://arxiv.org/abs/1706.08840',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'always', linear: false, symmetric: true }),
  solve({ gramian, preference }, { heads }) {
    const norms = lengths(gramian);
    const unit = cosines(gramian);
    const mean = norms.map((norm, task) => (preference[task]! * norm) / norms.length);
    const size = sumOf(mean) || 1;
    const products = times(
      unit,
      mean.map((part) => part / size),
    );
    const added = nonNegativeMinimum(
      unit,
      products.map((product) => -product),
      reach,
    );
    const weights = norms.map(
      (norm, task) => preference[task]! / norms.length + (norm > 0 ? (added[task]! * size) / norm : 0),
    );
    return { weights, heads: headsOf(heads, weights) };
  },
});
