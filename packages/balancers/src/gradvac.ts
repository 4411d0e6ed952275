import { foldKey } from '@overparam/engine';
import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { othersInOrder } from './order';
import { preferenceOption } from './preference';
import { columnSums, dot, lengths, type Matrix, squaredLength } from './solvers/matrix';
import { reach } from './solvers/reach';

const options = z.strictObject({
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('How fast the wanted cosines follow the found ones: 0.5 in LibMTL, 0.01 in the paper.'),
  preference: preferenceOption,
  heads: headsOption('unweighted'),
});

/** Wanted cosine of each task's gradient (row) with each other's. */
type GradVacState = { readonly wanted: readonly (readonly number[])[] };

/**
 * Turns task `own`'s gradient towards each other one whose cosine is lower than wanted; gives the factors
 * of all gradients and the new wanted cosines.
 */
function turned(
  gramian: Matrix,
  wanted: readonly number[],
  own: number,
  order: readonly number[],
  beta: number,
) {
  const factors = gramian.map((_, task) => (task === own ? 1 : 0));
  const norms = lengths(gramian);
  const next = [...wanted];
  for (const other of order) {
    const length = Math.sqrt(squaredLength(gramian, factors));
    const scale = length * norms[other]!;
    // A gradient of no length points nowhere.
    if (!(scale > 0)) continue;
    const cosine = Math.min(1, Math.max(-1, dot(gramian[other]!, factors) / scale));
    const goal = wanted[other]!;
    if (cosine < goal) {
      // A goal of 1 would ask for an infinite push, and one near 1 for a long one at every turn.
      const sine = Math.sqrt(Math.max(1e-8, 1 - goal * goal));
      const push = length * (goal * Math.sqrt(1 - cosine * cosine) - cosine * sine);
      const most = (reach * norms[own]! - length) * sine;
      factors[other]! += Math.min(push, most) / (norms[other]! * sine);
    }
    next[other] = (1 - beta) * goal + beta * cosine;
  }
  return { factors, next };
}

/**
 * Gradient vaccine: like PCGrad, but gradients are turned until their cosine is what it usually is, rather
 * than 0.
 *
 * Wanted cosines start at 0 and follow the found ones, `(1 - beta) wanted + beta found`. The order of the
 * others is drawn from the update's key, folded with `gradvac` and the task's place. A preference weighs the sum.
 *
 * Wanted cosines near 1 ask for long pushes, each of which lengthens what the next one multiplies. A turned gradient
 * grows to 1000 times the task's own at most: `weight_i |g_i|` stays below `|g_i| + 1000 sum_j |g_j|`. LibMTL adds
 * 1e-8 to the divisors instead.
 *
 * Source: Z. Wang and others, ICLR 2021, https://arxiv.org/abs/2010.05874, algorithm 1
 */
export const gradvac = defineBalancer<z.output<typeof options>, GradVacState>({
  name: 'gradvac',
  summary: 'Gradients are turned towards their usual cosines (Wang and others).',
  source: {
    title:
      'Wang, Tsvetkov, Firat, Cao: Gradient Vaccine: Investigating and Improving Multi-task Optimization in Massively Multilingual Models (ICLR 2021)',
    url: 'https://arxiv.org/abs/2010.05874',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'no', linear: true, symmetric: false }),
  initialise: (tasks) => ({ wanted: tasks.map(() => tasks.map(() => 0)) }),
  solve({ key, indices, gramian, preference, state }, { beta, heads }) {
    const drawn = foldKey(key, 'gradvac');
    const wanted = state.wanted.map((row) => [...row]);
    const rows = gramian.map((_, own) => {
      const row = wanted[indices[own]!]!;
      const { factors, next } = turned(
        gramian,
        indices.map((task) => row[task]!),
        own,
        othersInOrder(drawn, own, gramian.length),
        beta,
      );
      indices.forEach((task, place) => {
        row[task] = next[place]!;
      });
      return factors.map((factor) => preference[own]! * factor);
    });
    const weights = columnSums(rows);
    return { weights, heads: headsOf(heads, weights), state: { wanted } };
  },
});
