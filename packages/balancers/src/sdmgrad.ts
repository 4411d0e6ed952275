import * as z from 'zod';
import { defineBalancer, headsOf, headsOption, maxLengthOption, shortened } from './define';
import { preferenceOption } from './preference';
import { evenShares, putBack, type Shares, sharesOf } from './shares';
import { sumOf, times } from './solvers/matrix';
import { simplexProjection } from './solvers/simplex-projection';

const options = z.strictObject({
  lambda: z
    .number()
    .min(0)
    .default(0.3)
    .describe('Pull towards the mean gradient: 0 is MGDA on two batches, much is the sum.'),
  rate: z.number().positive().default(10).describe('Step of the inner descent; 5 in LibMTL.'),
  momentum: z.number().min(0).lt(1).default(0.5).describe('Momentum of the inner descent.'),
  iterations: z.int().min(1).default(20).describe('Inner steps at each update.'),
  maxLength: maxLengthOption,
  preference: preferenceOption,
  heads: headsOption('unweighted'),
});

/**
 * SDMGrad: the direction of MGDA, held close to the mean gradient, and sought without the bias that a single batch's noise
 * gives to inner products.
 *
 * Shares w descend `|sum_i (w_i + lambda p_i) g_i|^2 / 2` on the simplex, p being even or the preference, from where they were:
 * `iterations` steps with momentum along `A (w + lambda p)`, each projected back. A has the products of the tasks' gradients on
 * this batch with those on another one, divided by the squared mean of the gradients' lengths, as its diagonal has them.
 * Weights are `T (w + lambda p) / (1 + lambda)`, their sum T; then the shared gradient is shortened to `maxLength`.
 *
 * The paper draws a third batch for the update, and so do we not: the update follows this step's batch. The published
 * script asks for three, but keeps their gradients in three names of one array, so that all it does follows the last one
 * alone. It also puts 1e-4 under the roots of the diagonal, where products of two batches may well be negative; here these
 * count as 0, as in LibMTL, and where all are 0 the shares stay as they are.
 *
 * Source: P. Xiao, H. Ban, K. Ji, NeurIPS 2023, https://arxiv.org/abs/2305.18409, algorithm 1
 */
export const sdmgrad = defineBalancer<z.output<typeof options>, Shares>({
  name: 'sdmgrad',
  summary: 'MGDA near the mean gradient, on two batches a step (Xiao, Ban and Ji).',
  source: {
    title:
      'Xiao, Ban, Ji: Direction-oriented Multi-objective Learning: Simple and Provable Stochastic Algorithms (NeurIPS 2023)',
    url: 'https://arxiv.org/abs/2305.18409',
  },
  options,
  needs: () => ['secondBatch'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: evenShares,
  solve({ indices, gramian, crossGramian, preference, state }, given) {
    const { lambda, rate, momentum, iterations, maxLength, heads } = given;
    const count = indices.length;
    const wanted = preference.map((share) => share / count);
    const scale = sumOf(crossGramian.map((row, task) => Math.sqrt(Math.max(0, row[task]!)))) / count;
    let shares = sharesOf(state, indices);
    let velocity = shares.map(() => 0);
    for (let iteration = 0; scale > 0 && iteration < iterations; iteration++) {
      const slope = times(
        crossGramian,
        shares.map((share, task) => share + lambda * wanted[task]!),
      ).map((value) => value / scale / scale);
      velocity = velocity.map((value, task) => momentum * value + slope[task]!);
      shares = simplexProjection(shares.map((share, task) => share - rate * velocity[task]!));
    }
    const found = shares.map((share, task) => (count * (share + lambda * wanted[task]!)) / (1 + lambda));
    return {
      weights: shortened(gramian, found, maxLength),
      heads: headsOf(heads, found),
      state: putBack(state, indices, shares),
    };
  },
});
