import * as z from 'zod';
import { defineBalancer } from './define';
import { preferenceOption } from './preference';
import { sumOf } from './solvers/matrix';

/** Stands for a loss that is smaller, whose logarithm would be none. */
const smallest = 1e-8;

/**
 * Geometric loss: descends `(prod L_i)^(1/T)`, so that the scales of the losses do not matter.
 *
 * w_i = (prod L_j)^(1/T) / (T L_i). A loss below 1e-8 counts as 1e-8, so that no weight is above 1e8 times the mean
 * loss. With a preference p of mean 1 it is the weighted mean, `prod L_i^(p_i/T)`.
 *
 * Source: S. Chennupati and others, CVPR Workshops 2019, https://arxiv.org/abs/1904.08492
 */
export const gls = defineBalancer({
  name: 'gls',
  summary: 'The geometric mean of the losses (Chennupati and others).',
  source: {
    title:
      'Chennupati, Sistu, Yogamani, Rawashdeh: MultiNet++: Multi-Stream Feature Aggregation and Geometric Loss Strategy for Multi-Task Learning (CVPR Workshops 2019)',
    url: 'https://arxiv.org/abs/1904.08492',
  },
  options: z.strictObject({ preference: preferenceOption }),
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  needs: () => ['losses'],
  solve({ losses, preference }) {
    const positive = losses.map((loss) => Math.max(loss, smallest));
    const mean = Math.exp(
      sumOf(positive.map((loss, task) => preference[task]! * Math.log(loss))) / losses.length,
    );
    return { weights: positive.map((loss, task) => (preference[task]! * mean) / (losses.length * loss)) };
  },
});
