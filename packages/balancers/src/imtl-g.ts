import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { preferenceOption } from './preference';
import { cosines, lengths, solve, sumOf, withRidge } from './solvers/matrix';
import { reach } from './solvers/reach';

const options = z.strictObject({ preference: preferenceOption, heads: headsOption('unweighted') });

/**
 * IMTL-G: the sum of gradients, with weights of sum 1, whose projections on all tasks' gradients are equal.
 *
 * `g . g_i / |g_i|` is the same for all i when `C b = 1` with `b_i = alpha_i |g_i|` and C the cosines
 * between the gradients. Weights can be negative. A task without a gradient gets 0.
 * With a preference p, `C b = p`: projections are as the preference is.
 *
 * Where positive and negative weights nearly cancel in the sum, dividing by it would make them grow without limit: it
 * counts as at least a thousandth of their absolute sum, which is thus 1000 at most. The projections stay equal, and
 * become shorter. Published code divides whatever the sum.
 *
 * Source: L. Liu and others, ICLR 2021, https://openreview.net/forum?id=IMPnRXEWpvr, equation 6, in
 * symmetric form
 */
export const imtlG = defineBalancer<z.output<typeof options>>({
  name: 'imtl-g',
  summary: "Equal projections on all tasks' gradients (Liu and others).",
  source: {
    title: 'Liu, Li, Kuang, Xue, Chen, Yang, Liao, Zhang: Towards Impartial Multi-task Learning (ICLR 2021)',
    url: 'https://openreview.net/forum?id=IMPnRXEWpvr',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  solve({ gramian, preference }, { heads }) {
    const norms = lengths(gramian);
    const count = norms.length;
    const there = norms.map((norm) => norm > 0);
    // The ridge chooses even weights where gradients are parallel.
    const scaled = solve(
      withRidge(cosines(gramian), 1e-12),
      there.map((one, task) => (one ? preference[task]! : 0)),
    );
    const found = scaled.map((value, task) => (there[task] ? value / norms[task]! : 0));
    const sum = sumOf(found);
    const least = sumOf(found.map(Math.abs)) / reach;
    const divisor = Math.abs(sum) >= least ? sum : sum < 0 ? -least : least;
    const usable = there.some(Boolean) && divisor !== 0 && Number.isFinite(divisor);
    const weights = usable ? found.map((value) => value / divisor) : norms.map(() => 1 / count);
    return { weights, heads: headsOf(heads, weights) };
  },
});
