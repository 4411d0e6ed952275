import * as z from 'zod';
import { defineBalancer } from './define';
import { dot, sumOf } from './solvers/matrix';
import { softmax, type TrainedScalars, trainedScalars, trainScalars } from './trained-scalars';

const options = z.strictObject({
  rate: z.number().positive().default(0.025).describe("Adam's learning rate for the weights' logits."),
  weightDecay: z
    .number()
    .min(0)
    .default(1e-3)
    .describe('Coupled decay of the logits: 1e-3 for NYUv2 in the published code.'),
});

/** Added to losses before their logarithm. */
const offset = 1e-8;

/**
 * FAMO: lets all losses fall at an equal rate, without the tasks' gradients.
 *
 * With z = softmax(w): weights `c z_i / L_i`, c = 1 / sum_j (z_j / L_j). After the update, with the losses
 * of the same batch anew, w takes one step of Adam along `J' (log L_before - log L_after)`, J the Jacobian
 * of the softmax. Losses must not be negative; the smallest possible loss is taken to be 0. Weights sum to 1.
 *
 * Source: B. Liu and others, NeurIPS 2023, https://arxiv.org/abs/2306.03792
 */
export const famo = defineBalancer<z.output<typeof options>, TrainedScalars>({
  name: 'famo',
  summary: 'All losses fall at an equal rate, without task gradients (Liu and others).',
  source: {
    title: 'Liu, Feng, Stone, Liu: FAMO: Fast Adaptive Multitask Optimization (NeurIPS 2023)',
    url: 'https://arxiv.org/abs/2306.03792',
  },
  options,
  needs: () => ['losses', 'lossesAfterStep'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: (tasks) => trainedScalars(tasks.length, 0),
  solve({ indices, losses, state }) {
    const shares = softmax(indices.map((task) => state.values[task]!));
    const ratios = losses.map((loss, place) => shares[place]! / (Math.max(loss, 0) + offset));
    const sum = sumOf(ratios);
    return { weights: ratios.map((ratio) => ratio / sum) };
  },
  afterStep(before, after, indices, state, { rate, weightDecay }) {
    const logarithm = (loss: number) => Math.log(Math.max(loss, 0) + offset);
    const falls = indices.map((task) => logarithm(before[task]!) - logarithm(after[task]!));
    const shares = softmax(indices.map((task) => state.values[task]!));
    const mean = dot(shares, falls);
    const gradients = falls.map((fall, place) => shares[place]! * (fall - mean));
    return trainScalars(state, indices, gradients, { rate, weightDecay });
  },
});
