import * as z from 'zod';
import { defineBalancer } from './define';
import { type TrainedScalars, trainedScalars, trainScalars } from './trained-scalars';

const options = z.strictObject({
  initial: z
    .number()
    .default(-0.5)
    .describe('First log-variance of every task: -0.5 in MTAN and LibMTL, 0 in Nash-MTL.'),
  rate: z
    .number()
    .positive()
    .default(1e-4)
    .describe("Adam's learning rate for the log-variances: 1e-4 in MTAN and LibMTL, 0.025 in Nash-MTL."),
});

/** Stands for a loss that is smaller, whose log-variance would fall for ever. */
const smallest = 1e-8;

/**
 * Uncertainty weighting: the sum of `L_i / (2 exp s_i) + s_i / 2`, where the log-variance s_i of each task is
 * trained along with the network.
 *
 * The weight of a loss is `1 / (2 exp s_i)`. After the weights are given out, s takes one step of Adam on
 * its own gradient `(1 - L_i / exp s_i) / 2`: with a rate of its own, no decay, and no schedule. It goes to log L_i: a
 * loss below 1e-8 counts as 1e-8, so that no weight stays above 5e7.
 *
 * Source: A. Kendall, Y. Gal, R. Cipolla, CVPR 2018, https://arxiv.org/abs/1705.07115, in the form with one
 * half for all tasks that MTAN and LibMTL use
 */
export const uncertainty = defineBalancer<z.output<typeof options>, TrainedScalars>({
  name: 'uncertainty',
  summary: 'Trained log-variances, one a task (Kendall and others).',
  source: {
    title:
      'Kendall, Gal, Cipolla: Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics (CVPR 2018)',
    url: 'https://arxiv.org/abs/1705.07115',
  },
  options,
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: (tasks, { initial }) => trainedScalars(tasks.length, initial),
  solve({ indices, losses, state }, { rate }) {
    const precisions = indices.map((task) => Math.exp(-state.values[task]!));
    const gradients = losses.map((loss, place) => (1 - Math.max(loss, smallest) * precisions[place]!) / 2);
    return {
      weights: precisions.map((precision) => precision / 2),
      state: trainScalars(state, indices, gradients, { rate }),
    };
  },
});
