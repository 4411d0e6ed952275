import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { cosines, lengths } from './solvers/matrix';
import { nonNegativeMinimum } from './solvers/non-negative';

const options = z.strictObject({ heads: headsOption('unweighted') });

/**
 * UPGrad: each gradient is projected on the cone of directions that harm no task; the mean of the
 * projections.
 *
 * The projection of g_i is `g_i + sum_j v_j g_j` with the v >= 0 that makes it shortest, which is found
 * exactly, for gradients of unit length.
 *
 * Source: P. Quinton, V. Rey, Jacobian Descent for Multi-Objective Optimization, 2024,
 * https://arxiv.org/abs/2406.16232
 */
export const upgrad = defineBalancer<z.output<typeof options>>({
  name: 'upgrad',
  summary: 'Mean of the gradients, each projected to harm no task (Quinton and Rey).',
  options,
  needs: () => ['gramian'],
  solve({ gramian }, { heads }) {
    const count = gramian.length;
    const norms = lengths(gramian);
    const unit = cosines(gramian);
    const weights = norms.map(() => 1 / count);
    unit.forEach((row, own) => {
      const added = nonNegativeMinimum(
        unit,
        row.map((cosine) => -cosine),
      );
      added.forEach((value, task) => {
        if (norms[task]! > 0) weights[task]! += (value * norms[own]!) / norms[task]! / count;
      });
    });
    return { weights, heads: headsOf(heads, weights) };
  },
});
