import * as z from 'zod';
import { defineBalancer, headsOf, headsOption, maxLengthOption, replaced, shortened } from './define';
import { preferenceOption } from './preference';
import { fairWeights } from './solvers/fair';
import { cosines, lengths, squaredSum, submatrix, withRidge } from './solvers/matrix';

const options = z.strictObject({
  alpha: z
    .number()
    .min(0.1)
    .max(100)
    .default(1)
    .describe("How fair: 1 is Nash-MTL's bargain, more favours the task that gains least; 2 for NYUv2."),
  maxLength: maxLengthOption,
  preference: preferenceOption,
  heads: headsOption('unweighted'),
});

/**
 * FairGrad: the update that is alpha-fair in what each task gains by it.
 *
 * The direction d maximises `sum_i p_i (g_i . d)^(1 - alpha) / (1 - alpha)` in a ball (`sum p_i log(g_i . d)` for
 * alpha 1), p being the preference. So `M w = (p / w)^(1/alpha)` with the Gramian M, w > 0, which is solved for the cosines
 * between gradients; then the shared gradient is shortened to `maxLength`. A task without a gradient, or of preference
 * 0, takes no part; it gets its preference.
 *
 * Where gradients cancel the solution lies at infinity. As in `nash-mtl`, w_i goes up to 1000 times what it would be if
 * no gradient met another, and the rest of its equation is left open. Gradients are measured in the root of their mean
 * square: the weights do not depend on their common scale. Published code takes the gradients as they are and multiplies
 * by T before it shortens, which is another length where it shortens nothing, and hands the equation to a general solver
 * of least squares.
 *
 * Source: H. Ban, K. Ji, ICML 2024, https://arxiv.org/abs/2402.15638, equation 4
 */
export const fairgrad = defineBalancer<z.output<typeof options>>({
  name: 'fairgrad',
  summary: 'An alpha-fair division of what the tasks gain (Ban and Ji).',
  source: {
    title: 'Ban, Ji: Fair Resource Allocation in Multi-Task Learning (ICML 2024)',
    url: 'https://arxiv.org/abs/2402.15638',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'always', linear: false, symmetric: true }),
  solve({ gramian, preference }, { alpha, maxLength, heads }) {
    const norms = lengths(gramian);
    const common = Math.sqrt(squaredSum(norms) / norms.length) || 1;
    const power = 1 / alpha;
    const part = norms.flatMap((norm, task) => (norm > 0 && preference[task]! > 0 ? [task] : []));
    // With b_i = w_i |g_i| the equation is C b = k b^(-1/alpha). The ridge keeps C definite.
    const scales = part.map((task) => preference[task]! ** power * (norms[task]! / common) ** (power - 1));
    const b = fairWeights(submatrix(withRidge(cosines(gramian), 1e-9), part), scales, power);
    const found = replaced(
      preference,
      part,
      b.map((entry, place) => (entry * common) / norms[part[place]!]!),
    );
    return { weights: shortened(gramian, found, maxLength), heads: headsOf(heads, found) };
  },
});
