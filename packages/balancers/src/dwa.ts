import * as z from 'zod';
import { defineBalancer, replaced } from './define';
import { softmax } from './trained-scalars';

const options = z.strictObject({
  temperature: z.number().positive().default(2).describe('Larger is more even.'),
});

/** Sums and counts of losses by task, in this epoch and in the last two that had the task. */
type LossHistory = {
  readonly epoch: number;
  readonly sums: readonly (readonly number[])[];
  readonly counts: readonly (readonly number[])[];
};

/** Moves the running epoch to the past, for each task that it had. */
function turnOver({ epoch, sums, counts }: LossHistory, now: number): LossHistory {
  if (epoch === now) return { epoch, sums, counts };
  const seen = counts[0]!.map((count) => count > 0);
  const shift = (rows: readonly (readonly number[])[]) => [
    rows[0]!.map(() => 0),
    rows[1]!.map((value, task) => (seen[task] ? rows[0]![task]! : value)),
    rows[2]!.map((value, task) => (seen[task] ? rows[1]![task]! : value)),
  ];
  return { epoch: now, sums: shift(sums), counts: shift(counts) };
}

/** Mean loss of the last epoch over that of the one before; 1 where there are not two. */
function progress({ sums, counts }: LossHistory, task: number): number {
  const last = sums[1]![task]! / counts[1]![task]!;
  const before = sums[2]![task]! / counts[2]![task]!;
  const ratio = last / before;
  return Number.isFinite(ratio) ? ratio : 1;
}

/**
 * Dynamic weight average: tasks whose loss fell less in the last epoch weigh more.
 *
 * w = T softmax(r / temperature), r_i = mean loss of the last epoch / mean loss of the one before; 1 in the
 * first two epochs.
 *
 * Source: S. Liu, E. Johns, A. J. Davison, CVPR 2019, https://arxiv.org/abs/1803.10704
 */
export const dwa = defineBalancer<z.output<typeof options>, LossHistory>({
  name: 'dwa',
  summary: 'Weights from how each loss fell over two epochs (Liu and others).',
  source: {
    title: 'Liu, Johns, Davison: End-to-End Multi-Task Learning with Attention (CVPR 2019)',
    url: 'https://arxiv.org/abs/1803.10704',
  },
  options,
  properties: () => ({ harmless: 'no', linear: true, symmetric: true }),
  initialise(tasks) {
    const zeros = tasks.map(() => 0);
    return { epoch: 0, sums: [zeros, zeros, zeros], counts: [zeros, zeros, zeros] };
  },
  solve({ epoch, indices, losses, state }, { temperature }) {
    const history = turnOver(state, epoch);
    const shares = softmax(indices.map((task) => progress(history, task) / temperature));
    const [sums, ...oldSums] = history.sums;
    const [counts, ...oldCounts] = history.counts;
    const added = indices.map((task, place) => sums![task]! + losses[place]!);
    const counted = indices.map((task) => counts![task]! + 1);
    return {
      weights: shares.map((share) => share * indices.length),
      state: {
        epoch,
        sums: [replaced(sums!, indices, added), ...oldSums],
        counts: [replaced(counts!, indices, counted), ...oldCounts],
      },
    };
  },
});
