import * as z from 'zod';
import { defineBalancer, replaced } from './define';
import { dot, lengths, sumOf } from './solvers/matrix';
import { softmax, type TrainedScalars, trainedScalars, trainScalars } from './trained-scalars';

const options = z.strictObject({
  alpha: z
    .number()
    .default(1.5)
    .describe('How hard slow tasks are pushed; 0 makes all weighted gradients equally long.'),
  rate: z.number().positive().default(0.025).describe("Adam's learning rate for the weights."),
});

/** Trained scalars, and each task's first loss; 0 until it was met. */
type GradNormState = TrainedScalars & { readonly firstLosses: readonly number[] };

/**
 * GradNorm: trains the weights so that the weighted gradients' lengths agree, with longer ones for tasks
 * that are behind.
 *
 * w = T softmax(s). After the weights are given out, s takes one step of Adam on
 * `sum_i | w_i |g_i| - target_i |`, where `target_i = mean_j(w_j |g_j|) r_i^alpha` is held constant and
 * `r_i = (L_i / first L_i) / mean_j (L_j / first L_j)`. The softmax keeps the weights positive and their
 * sum T, which the paper does by dividing.
 *
 * Source: Z. Chen and others, ICML 2018, https://arxiv.org/abs/1711.02257; the softmax as in LibMTL
 */
export const gradnorm = defineBalancer<z.output<typeof options>, GradNormState>({
  name: 'gradnorm',
  summary: "Trained weights that even out the gradients' lengths (Chen and others).",
  source: {
    title:
      'Chen, Badrinarayanan, Lee, Rabinovich: GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks (ICML 2018)',
    url: 'https://arxiv.org/abs/1711.02257',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: (tasks) => ({ ...trainedScalars(tasks.length, 0), firstLosses: tasks.map(() => 0) }),
  solve({ indices, losses, gramian, state }, { alpha, rate }) {
    const count = indices.length;
    const shares = softmax(indices.map((task) => state.values[task]!));
    const weights = shares.map((share) => share * count);
    const firstLosses = indices.map((task, place) => state.firstLosses[task]! || losses[place]!);
    const ratios = losses.map((loss, place) => loss / firstLosses[place]!);
    const meanRatio = sumOf(ratios) / count;
    const norms = lengths(gramian);
    const meanLength = dot(weights, norms) / count;
    // Where a first loss is 0 nothing is known of the task's pace.
    const pace = ratios.map((ratio) =>
      ratio > 0 && meanRatio > 0 ? Math.min((ratio / meanRatio) ** alpha, Number.MAX_VALUE) : 1,
    );
    const slopes = norms.map(
      (norm, place) => norm * Math.sign(weights[place]! * norm - meanLength * pace[place]!),
    );
    // Through w_i = T share_i: d w_i / d s_j = w_i (1[i = j] - share_j).
    const along = dot(slopes, weights);
    const gradients = slopes.map((slope, place) => weights[place]! * slope - shares[place]! * along);
    return {
      weights,
      state: {
        ...trainScalars(state, indices, gradients, { rate }),
        firstLosses: replaced(state.firstLosses, indices, firstLosses),
      },
    };
  },
});
