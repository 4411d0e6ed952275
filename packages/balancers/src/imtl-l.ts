import * as z from 'zod';
import { defineBalancer } from './define';
import { type TrainedScalars, trainedScalars, trainScalars } from './trained-scalars';

const options = z.strictObject({
  rate: z
    .number()
    .positive()
    .default(1e-4)
    .describe("Adam's learning rate for the logarithms of the scales: 1e-4 in LibMTL, the network's."),
});

/** Stands for a loss that is smaller, whose scale would grow for ever. */
const smallest = 1e-8;

/**
 * IMTL-L: the sum of `exp(s_i) L_i - s_i`, where the logarithm s_i of each task's scale is trained along with the
 * network, so that all scaled losses come to 1.
 *
 * The weight of a loss is `exp(s_i)`. After the weights are given out, s takes one step of Adam on its own gradient
 * `exp(s_i) L_i - 1`: with a rate of its own, no decay, and no schedule, from 0. It goes to -log L_i: a loss below 1e-8
 * counts as 1e-8, so that no weight stays above 1e8. It is twice `uncertainty` with the sign of s turned, from another
 * beginning.
 *
 * Source: L. Liu and others, ICLR 2021, https://openreview.net/forum?id=IMPnRXEWpvr, section 3.2, with the exponential
 * function that is its choice there
 */
export const imtlL = defineBalancer<z.output<typeof options>, TrainedScalars>({
  name: 'imtl-l',
  summary: 'Trained scales that bring all losses to 1, without task gradients (Liu and others).',
  source: {
    title: 'Liu, Li, Kuang, Xue, Chen, Yang, Liao, Zhang: Towards Impartial Multi-task Learning (ICLR 2021)',
    url: 'https://openreview.net/forum?id=IMPnRXEWpvr',
  },
  options,
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: (tasks) => trainedScalars(tasks.length, 0),
  solve({ indices, losses, state }, { rate }) {
    const weights = indices.map((task) => Math.exp(state.values[task]!));
    const gradients = losses.map((loss, place) => weights[place]! * Math.max(loss, smallest) - 1);
    return { weights, state: trainScalars(state, indices, gradients, { rate }) };
  },
});
