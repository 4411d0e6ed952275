import * as z from 'zod';
import { defineBalancer, replaced } from './define';
import { groupMeans } from './solvers/groups';
import { sumOf } from './solvers/matrix';
import { softmax } from './trained-scalars';

const options = z.strictObject({
  groups: z
    .int()
    .min(1)
    .default(2)
    .describe('Into how many groups tasks are put; 2 for NYUv2, 5 for the 11 tasks of QM9 in the paper.'),
  rate: z
    .number()
    .min(0)
    .default(1e-4)
    .describe('How much of each loss the running indicators take off their logarithms.'),
});

/** Logarithms of the risk indicators, up to what all have in common. */
type Indicators = { readonly logarithms: readonly number[] };

/** Stands for a loss that is smaller, which would have all the weight. */
const smallest = 1e-8;

/**
 * GO4Align: tasks that progress alike are put in one group, and share a weight.
 *
 * Indicators p follow the losses, `p <- softmax(log p - rate L)`, from even ones. A task's own weight is
 * `p_i (sum_j L_j) / L_i`; these are grouped by k-means, and a task gets the mean of its group. k-means is solved
 * exactly, for numbers on a line, where published code starts it at random; ties go to fewer groups. With a single group
 * all weigh alike, and with as many groups as tasks each has its own weight: the released script for NYUv2 has the first
 * as its default, the paper two groups.
 *
 * A loss below 1e-8 counts as 1e-8: weights are at most 1e8 times the sum of the losses.
 *
 * Source: J. Shen and others, NeurIPS 2024, https://arxiv.org/abs/2404.06486
 */
export const go4align = defineBalancer<z.output<typeof options>, Indicators>({
  name: 'go4align',
  summary: 'Groups of tasks that progress alike share a weight, without task gradients (Shen and others).',
  source: {
    title: 'Shen and others: GO4Align: Group Optimization for Multi-Task Alignment (NeurIPS 2024)',
    url: 'https://arxiv.org/abs/2404.06486',
  },
  options,
  needs: () => ['losses'],
  properties: () => ({ harmless: 'no', linear: false, symmetric: true }),
  initialise: (tasks) => ({ logarithms: tasks.map(() => 0) }),
  solve({ indices, losses, state }, { groups, rate }) {
    const positive = losses.map((loss) => Math.max(loss, smallest));
    const moved = indices.map((task, place) => state.logarithms[task]! - rate * positive[place]!);
    const shares = softmax(moved);
    const sum = sumOf(positive);
    const own = positive.map((loss, place) => (shares[place]! * sum) / loss);
    return {
      weights: groupMeans(own, groups),
      state: { logarithms: replaced(state.logarithms, indices, moved) },
    };
  },
});
