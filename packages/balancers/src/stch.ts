import * as z from 'zod';
import { defineBalancer, replaced } from './define';
import { preferenceOption } from './preference';
import { softmax } from './trained-scalars';

const options = z.strictObject({
  mu: z
    .number()
    .positive()
    .default(1)
    .describe('How smooth the largest loss is: small follows the worst task alone, large weighs all alike.'),
  warmup: z
    .int()
    .min(0)
    .default(4)
    .describe(
      'Epochs on the sum of the logarithms before the one that measures what losses are compared with.',
    ),
  preference: preferenceOption,
});

/** Sums and counts of the losses in the epoch that is measured. */
type Nadir = { readonly sums: readonly number[]; readonly counts: readonly number[] };

/** Stands for a loss that is smaller, whose logarithm would be none. */
const smallest = 1e-8;

/**
 * STCH: descends a smooth maximum of the tasks' losses, so that the worst is never left behind.
 *
 * The loss is `T mu log sum_i exp(p_i log(L_i / nadir_i) / mu)`, whose weights are
 * `T p_i softmax(p log(L / nadir) / mu)_i / L_i`; p is the preference, of mean 1. The nadir is each task's mean loss in
 * the epoch after the `warmup` ones; up to its end the loss is `sum_i p_i log L_i`. A task that had no label in that
 * epoch is measured when it first comes. A run shorter than `warmup` + 2 epochs never gets to the maximum.
 *
 * A loss below 1e-8 counts as 1e-8, so that no weight is above 1e8 T times the task's preference; published code adds
 * 1e-20 under the logarithm.
 *
 * Source: X. Lin and others, ICML 2024, https://arxiv.org/abs/2402.19078; logarithms, warm-up and nadir, mu and the
 * factor T as in the published code for multi-task learning
 */
export const stch = defineBalancer<z.output<typeof options>, Nadir>({
  name: 'stch',
  summary: 'A smooth maximum of the losses, without task gradients (Lin and others).',
  source: {
    title:
      'Lin, Zhang, Yang, Liu, Wang, Zhang: Smooth Tchebycheff Scalarization for Multi-Objective Optimization (ICML 2024)',
    url: 'https://arxiv.org/abs/2402.19078',
  },
  options,
  needs: () => ['losses'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: (tasks) => ({ sums: tasks.map(() => 0), counts: tasks.map(() => 0) }),
  solve({ epoch, indices, losses, preference, state }, { mu, warmup }) {
    const positive = losses.map((loss) => Math.max(loss, smallest));
    const measured = indices.map((task, place) =>
      epoch === warmup || (epoch > warmup && state.counts[task] === 0) ? positive[place]! : 0,
    );
    const sums = indices.map((task, place) => state.sums[task]! + measured[place]!);
    const counts = indices.map((task, place) => state.counts[task]! + Number(measured[place]! > 0));
    const next = {
      sums: replaced(state.sums, indices, sums),
      counts: replaced(state.counts, indices, counts),
    };
    if (epoch <= warmup) {
      return { weights: positive.map((loss, place) => preference[place]! / loss), state: next };
    }
    const logarithms = positive.map((loss, place) => Math.log((loss * counts[place]!) / sums[place]!));
    const shares = softmax(logarithms.map((logarithm, place) => (preference[place]! * logarithm) / mu));
    return {
      weights: positive.map((loss, place) => (positive.length * preference[place]! * shares[place]!) / loss),
      state: next,
    };
  },
});
