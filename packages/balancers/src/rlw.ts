import { foldKey, randomNormal } from '@overparam/engine';
import * as z from 'zod';
import { defineBalancer } from './define';
import { softmax } from './trained-scalars';

/**
 * Random loss weighting: the softmax of a fresh normal vector at every update; the weights sum to 1. The
 * vector is drawn from the update's key, folded with `rlw`. It has no options.
 *
 * Source: B. Lin and others, TMLR 2022, https://arxiv.org/abs/2111.10603
 */
export const rlw = defineBalancer({
  name: 'rlw',
  summary: 'Random weights at every update (Lin and others).',
  source: {
    title:
      'Lin, Ye, Zhang, Tsang: Reasonable Effectiveness of Random Weighting: A Litmus Test for Multi-Task Learning (TMLR 2022)',
    url: 'https://arxiv.org/abs/2111.10603',
  },
  options: z.strictObject({}),
  properties: () => ({ harmless: 'no', linear: true, symmetric: false }),
  solve: ({ key, indices }) => ({
    weights: softmax(Array.from(randomNormal(foldKey(key, 'rlw'), indices.length))),
  }),
});
