import * as z from 'zod';
import { defineBalancer } from './define';
import { sumOf } from './solvers/matrix';

/** Stands for a loss that is smaller, whose logarithm would be none. */
const smallest = 1e-8;

/**
 * Geometric loss: descends `(prod L_i)^(1/T)`, so that the scales of the losses do not matter.
 *
 * w_i = (prod L_j)^(1/T) / (T L_i). A loss below 1e-8 counts as 1e-8, so that no weight is above 1e8 times the mean
 * loss. It has no options.
 *
 * Source: S. Chennupati and others, CVPR Workshops 2019, https://arxiv.org/abs/1904.08492
 */
export const gls = defineBalancer({
  name: 'gls',
  summary: 'The geometric mean of the losses (Chennupati and others).',
  options: z.strictObject({}),
  needs: () => ['losses'],
  solve({ losses }) {
    const positive = losses.map((loss) => Math.max(loss, smallest));
    const mean = Math.exp(sumOf(positive.map(Math.log)) / losses.length);
    return { weights: positive.map((loss) => mean / (losses.length * loss)) };
  },
});
