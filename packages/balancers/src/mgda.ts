import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { lengths, sumOf } from './solvers/matrix';
import { nonNegativeMinimum } from './solvers/non-negative';

const options = z.strictObject({
  normalise: z
    .enum(['none', 'length', 'loss', 'lossTimesLength'])
    .default('none')
    .describe('What gradients are divided by while the weights are sought ("none", "l2", "loss", "loss+").'),
  heads: headsOption('unweighted'),
});

/**
 * MGDA: the shortest vector in the convex hull of the gradients, whose direction harms no task. With
 * gradients on the shared representation it is MGDA-UB.
 *
 * alpha minimises `|sum_i alpha_i g_i|` over the simplex. It is found exactly: up to its sum, alpha is the
 * a >= 0 that minimises `|sum_i a_i g_i|^2 + (sum_i a_i - 1)^2`.
 *
 * Source: O. Sener, V. Koltun, NeurIPS 2018, https://arxiv.org/abs/1810.04650; J.-A. Désidéri, 2012.
 * Normalised gradients decide the weights only, which multiply the gradients as they are.
 */
export const mgda = defineBalancer<z.output<typeof options>>({
  name: 'mgda',
  summary: 'The shortest vector in the hull of the gradients (Sener and Koltun).',
  options,
  needs: () => ['gramian'],
  solve({ losses, gramian }, { normalise, heads }) {
    const norms = lengths(gramian);
    const divisors = {
      none: norms.map(() => 1),
      length: norms,
      loss: losses,
      lossTimesLength: norms.map((norm, task) => norm * losses[task]!),
    }[normalise].map((divisor) => (divisor > 0 ? divisor : 1));
    const divided = gramian.map((row, i) => row.map((value, j) => value / (divisors[i]! * divisors[j]!)));
    const scale = sumOf(divided.map((row, task) => row[task]!)) / norms.length || 1;
    const quadratic = divided.map((row) => row.map((value) => value / scale + 1));
    const found = nonNegativeMinimum(
      quadratic,
      norms.map(() => 1),
    );
    const sum = sumOf(found);
    const weights = found.map((value) => value / sum);
    return { weights, heads: headsOf(heads, weights) };
  },
});
