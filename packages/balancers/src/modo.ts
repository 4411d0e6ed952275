import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { evenShares, putBack, type Shares, sharesOf } from './shares';
import { times } from './solvers/matrix';
import { simplexProjection } from './solvers/simplex-projection';

const options = z.strictObject({
  gamma: z
    .number()
    .positive()
    .default(1e-3)
    .describe("Step of the shares at each update, in units of the gradients' products."),
  rho: z.number().min(0).default(0.1).describe('Pull of the shares towards even ones.'),
  heads: headsOption('unweighted'),
});

/**
 * MoDo: the shares of MGDA follow the gradients slowly, by one unbiased step at each update.
 *
 * `w <- P(w - gamma (A w + rho w))`, with P the projection on the simplex and A the products of the tasks' gradients on this
 * batch with those on another one. Weights are the new shares, of sum 1. A is taken as it is: gamma has to fit the losses.
 *
 * Of the paper's forms, which update by the mean of both batches or by a third one, this is a neighbour: the update follows
 * this step's batch. Heads take their own losses; published code divides them by 3, for its three batches.
 *
 * Source: L. Chen and others, NeurIPS 2023, https://arxiv.org/abs/2305.20057, algorithm 1
 */
export const modo = defineBalancer<z.output<typeof options>, Shares>({
  name: 'modo',
  summary: 'Shares that follow MGDA slowly, on two batches a step (Chen and others).',
  source: {
    title:
      'Chen, Fernando, Ying, Chen: Three-Way Trade-Off in Multi-Objective Learning: Optimization, Generalization and Conflict-Avoidance (NeurIPS 2023)',
    url: 'https://arxiv.org/abs/2305.20057',
  },
  options,
  needs: () => ['secondBatch'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: evenShares,
  solve({ indices, crossGramian, state }, { gamma, rho, heads }) {
    const shares = sharesOf(state, indices);
    const slope = times(crossGramian, shares);
    const weights = simplexProjection(
      shares.map((share, task) => share - gamma * (slope[task]! + rho * share)),
    );
    return { weights, heads: headsOf(heads, weights), state: putBack(state, indices, weights) };
  },
});
