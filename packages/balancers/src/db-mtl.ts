import * as z from 'zod';
import { defineBalancer } from './define';
import { preferenceOption } from './preference';
import { lengths } from './solvers/matrix';

const options = z.strictObject({
  beta: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('Decay of the running average of gradients; 0 takes each batch for itself.'),
  betaDecay: z
    .number()
    .min(0)
    .default(0)
    .describe('Power of the update number (from 1) that beta is divided by.'),
  preference: preferenceOption,
});

/** Added to losses before their logarithm, and to lengths before division. */
const offset = 1e-8;

/**
 * DB-MTL: losses are balanced by their logarithm, gradients by bringing all to the length of the longest.
 *
 * alpha_i = max_j |a_j| / (|a_i| + 1e-8), where a_i is the running average of the gradient of
 * `log(L_i + 1e-8)`. With `beta` 0 there is no average, and the weights multiply the gradients of the
 * losses: `alpha_i / (L_i + 1e-8)`. Heads follow the logarithms as well, with `1 / (L_i + 1e-8)`. A task
 * without a gradient gets alpha 1. Losses must not be negative. The paper's 1e-8 are all that bounds alpha and the heads,
 * by 1e8 times the longest gradient and by 1e8; the weighted gradients are never longer than the longest, times
 * the task's preference.
 *
 * Averages need as much memory as T gradients, and parameters: averages over the representations of
 * different batches would mean nothing.
 *
 * Source: B. Lin and others, 2023, https://arxiv.org/abs/2308.12029
 */
export const dbMtl = defineBalancer<z.output<typeof options>>({
  name: 'db-mtl',
  summary: 'Logarithms of losses, and gradients of one length (Lin and others).',
  source: {
    title: 'Lin and others: Dual-Balancing for Multi-Task Learning (2023)',
    url: 'https://arxiv.org/abs/2308.12029',
  },
  options,
  needs: ({ beta }) => (beta > 0 ? ['gramian', 'averagedGradients'] : ['gramian']),
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  supports: ({ gradients }, { beta }) =>
    gradients === 'parameters' ||
    beta === 0 ||
    'averages gradients over updates, which a batch\'s representation does not allow; set "beta" to 0, or take gradients of parameters',
  averaging: (update, { beta, betaDecay }) => ({ of: 'logLoss', decay: beta / (update + 1) ** betaDecay }),
  solve({ losses, gramian, preference }, { beta }) {
    const heads = losses.map((loss) => 1 / (Math.max(loss, 0) + offset));
    const ofLogarithms = lengths(gramian).map((norm, task) => (beta > 0 ? norm : norm * heads[task]!));
    const longest = Math.max(...ofLogarithms);
    const alpha = ofLogarithms.map(
      (norm, task) => preference[task]! * (norm > 0 ? longest / (norm + offset) : 1),
    );
    return { weights: beta > 0 ? alpha : alpha.map((value, task) => value * heads[task]!), heads };
  },
});
