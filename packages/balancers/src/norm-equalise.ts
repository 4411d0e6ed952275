import * as z from 'zod';
import { defineBalancer, headsOf, headsOption, maxLengthOption, shortened } from './define';
import { preferenceOption } from './preference';
import { lengths, squaredSum } from './solvers/matrix';
import { reach } from './solvers/reach';

const options = z.strictObject({
  exponent: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'Power of the squared lengths: 0.5 makes all equally long, more favours short ones, 0 is the sum.',
    ),
  maxLength: maxLengthOption,
  preference: preferenceOption,
  heads: headsOption('unweighted'),
});

/**
 * Norm equalisation: all gradients are brought to one length, the root of their mean square, and summed. It is NTKMTL
 * with one mini-batch, where the largest eigenvalue of a task's tangent kernel is the squared length of its gradient.
 *
 * `w_i = (mean_j |g_j|^2 / |g_i|^2)^exponent`, times the task's preference; then the shared gradient is shortened to
 * `maxLength`. A task without a gradient gets its preference. With an exponent above 0.5 short gradients come out
 * longer than long ones: `w_i |g_i|` is 1000 times the root of the mean square at most.
 *
 * The published code takes the sum for the mean and multiplies by T once more, before it shortens: the same direction,
 * and the same length wherever that is `maxLength`.
 *
 * Source: X. Qin and others, NeurIPS 2025, https://arxiv.org/abs/2510.18258, equation 12 with n = 1
 */
export const normEqualise = defineBalancer<z.output<typeof options>>({
  name: 'norm-equalise',
  summary: 'All gradients at one length, as NTKMTL with one mini-batch (Qin and others).',
  source: {
    title:
      'Qin and others: NTKMTL: Mitigating Task Imbalance in Multi-Task Learning from Neural Tangent Kernel Perspective (NeurIPS 2025)',
    url: 'https://arxiv.org/abs/2510.18258',
  },
  options,
  needs: () => ['gramian'],
  properties: ({ exponent, maxLength }) => ({
    harmless: 'no',
    linear: exponent === 0 && maxLength === null,
    symmetric: true,
  }),
  solve({ gramian, preference }, { exponent, maxLength, heads }) {
    const norms = lengths(gramian);
    const common = Math.sqrt(squaredSum(norms) / norms.length);
    const found = norms.map((norm, task) => {
      const factor = norm > 0 ? Math.min((common / norm) ** (2 * exponent), (reach * common) / norm) : 1;
      return preference[task]! * factor;
    });
    const weights = shortened(gramian, found, maxLength);
    return { weights, heads: headsOf(heads, found) };
  },
});
