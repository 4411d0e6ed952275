import { OverparamError } from '@overparam/errors';
import type { TrainingPlan } from './plan';
import { type EpochSums, meansOf } from './progress';
import type { TrainingScores } from './records';

/**
 * Refuses a task that the first pass over the data had no label for.
 *
 * @throws OverparamError `no-labels`
 */
export function requireLabels({ present, updates }: EpochSums): void {
  const missing = Object.keys(present).find((task) => present[task] === 0);
  if (missing === undefined) return;
  throw new OverparamError(
    'no-labels',
    `Task "${missing}" had no valid label in the ${updates} batches of the first epoch, so nothing could be learnt of it. Check the dataset's labels, or leave the task out (tasks: [...]).`,
  );
}

/** What an epoch's updates came to, by task; errors in percent. */
export function trainingScores(
  { tasks, balancing }: Pick<TrainingPlan, 'tasks' | 'balancing'>,
  sums: EpochSums,
): TrainingScores {
  const losses = meansOf(sums.losses);
  const weights = meansOf(sums.weights);
  const byTask = tasks.flatMap(({ name }) => {
    const loss = losses[name];
    if (loss === undefined) return [];
    const labels = sums.wrong.counts[name] ?? 0;
    const figures: Record<string, number> =
      labels > 0 ? { top1Error: (100 * sums.wrong.totals[name]!) / labels } : {};
    const weight = weights[name];
    return [[name, { loss, figures, ...(weight !== undefined && { weight }) }] as const];
  });
  return {
    loss: sums.loss / sums.updates,
    byTask: Object.fromEntries(byTask),
    ...(balancing && { cosines: meansOf(sums.cosines) }),
  };
}
