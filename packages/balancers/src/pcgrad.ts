import { foldKey } from '@overparam/engine';
import * as z from 'zod';
import { defineBalancer, headsOf, headsOption } from './define';
import { othersInOrder } from './order';
import { preferenceOption } from './preference';
import { columnSums, dot, type Matrix } from './solvers/matrix';

const options = z.strictObject({ preference: preferenceOption, heads: headsOption('unweighted') });

/** What is left of task `own`'s gradient, as factors of all gradients. */
function projected(gramian: Matrix, own: number, order: readonly number[]): number[] {
  const factors = gramian.map((_, task) => (task === own ? 1 : 0));
  for (const other of order) {
    const product = dot(gramian[other]!, factors);
    if (product < 0) factors[other]! -= product / gramian[other]![other]!;
  }
  return factors;
}

/**
 * PCGrad: from each task's gradient, what points against another's is taken off, one other after the next in
 * random order; the sum of what is left.
 *
 * A preference weighs the sum. The order is drawn from the update's key, folded with `pcgrad` and the task's place.
 *
 * What is left is never longer than the gradient was, so that `weight_i |g_i|` is at most `sum_j |g_j|` by itself. A task
 * without a gradient points against none.
 *
 * Source: T. Yu and others, NeurIPS 2020, https://arxiv.org/abs/2001.06782, algorithm 1
 */
export const pcgrad = defineBalancer<z.output<typeof options>>({
  name: 'pcgrad',
  summary: 'Conflicting parts of gradients are projected away (Yu and others).',
  source: {
    title: 'Yu, Kumar, Gupta, Levine, Hausman, Finn: Gradient Surgery for Multi-Task Learning (NeurIPS 2020)',
    url: 'https://arxiv.org/abs/2001.06782',
  },
  options,
  needs: () => ['gramian'],
  properties: () => ({ harmless: 'no', linear: true, symmetric: false }),
  solve({ key, gramian, preference }, { heads }) {
    const drawn = foldKey(key, 'pcgrad');
    const rows = gramian.map((_, own) =>
      projected(gramian, own, othersInOrder(drawn, own, gramian.length)).map(
        (factor) => preference[own]! * factor,
      ),
    );
    const weights = columnSums(rows);
    return { weights, heads: headsOf(heads, weights) };
  },
});
