import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { lengths, type Matrix, sumOf } from './solvers/matrix';
import { nonNegativeMinimum } from './solvers/non-negative';

const options = z.strictObject({
  normalise: z
    .enum(['none', 'length', 'loss', 'lossTimesLength'])
    .default('none')
    .describe('What gradients are divided by while the weights are sought ("none", "l2", "loss", "loss+").'),
  heads: headsOption('unweighted'),
});

/**
 * Units to solve in: a squared length, and for each gradient in how many of them it counts. Plain ones, but where one
 * gradient is so short that it would be lost beside the others; then the shortest is the unit.
 */
function unitsFor(gramian: Matrix): { scale: number; stretches: number[] } {
  const norms = lengths(gramian);
  const shortest = Math.min(...norms);
  if (Math.max(...norms) > 1000 * shortest) {
    return { scale: shortest ** 2, stretches: norms.map((norm) => norm / shortest) };
  }
  const mean = sumOf(gramian.map((row, task) => row[task]!)) / norms.length;
  return { scale: mean, stretches: norms.map(() => 1) };
}

/**
 * MGDA: the shortest vector in the convex hull of the gradients, whose direction harms no task. With
 * gradients on the shared representation it is MGDA-UB.
 *
 * alpha minimises `|sum_i alpha_i g_i|` over the simplex. It is found exactly: up to its sum, alpha is the
 * a >= 0 that minimises `|sum_i a_i g_i|^2 + (sum_i a_i - 1)^2`. Being shares they need no other bound. A task
 * without a gradient takes them all, and nothing shared moves: no step helps it.
 *
 * Source: O. Sener, V. Koltun, NeurIPS 2018, https://arxiv.org/abs/1810.04650; J.-A. Désidéri, 2012.
 * Normalised gradients decide the weights only, which multiply the gradients as they are.
 */
export const mgda = defineBalancer<z.output<typeof options>>({
  name: 'mgda',
  summary: 'The shortest vector in the hull of the gradients (Sener and Koltun).',
  source: {
    title: 'Sener, Koltun: Multi-Task Learning as Multi-Objective Optimization (NeurIPS 2018)',
    url: 'https://arxiv.org/abs/1810.04650',
  },
  options,
  needs: () => ['gramian'],
  properties: ({ normalise }) => ({
    harmless: normalise === 'none' ? 'always' : 'no',
    linear: normalise === 'length' || normalise === 'loss',
    // Where normalised gradients cancel, several weights do, and give the gradients as they are other sums.
    symmetric: normalise === 'none',
  }),
  solve({ losses, gramian }, { normalise, heads }) {
    const norms = lengths(gramian);
    const divisors = {
      none: norms.map(() => 1),
      length: norms,
      loss: losses,
      lossTimesLength: norms.map((norm, task) => norm * losses[task]!),
    }[normalise].map((divisor) => (divisor > 0 ? divisor : 1));
    const divided = gramian.map((row, i) => row.map((value, j) => value / (divisors[i]! * divisors[j]!)));
    const still = norms.filter((norm) => norm === 0).length;
    if (still > 0) {
      const shares = norms.map((norm) => (norm === 0 ? 1 / still : 0));
      return { weights: shares, heads: headsOf(heads, shares) };
    }
    const { scale, stretches } = unitsFor(divided);
    const found = nonNegativeMinimum(
      divided.map((row, i) => row.map((value, j) => (value / scale + 1) / (stretches[i]! * stretches[j]!))),
      stretches.map((stretch) => 1 / stretch),
    ).map((value, task) => value / stretches[task]!);
    const sum = sumOf(found);
    const weights = found.map((value) => (sum > 0 ? value / sum : 1 / norms.length));
    return { weights, heads: headsOf(heads, weights) };
  },
});
