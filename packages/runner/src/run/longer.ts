import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configSum, parseYaml, type RunConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { newestCheckpoint } from '@overparam/run-folder';
import { firstDifference, type TrainingPlan } from '@overparam/training';

/** How many epochs a config had when its text had a checksum, if it had no more than now; null where it is another config. */
export function epochsOf(sum: string, text: string): number | null {
  const config = parseYaml(text, 'config.yaml') as RunConfig;
  for (let epochs = config.epochs; epochs > 0; epochs--) {
    if (configSum(JSON.stringify({ ...config, epochs })) === sum) return epochs;
  }
  return null;
}

/**
 * Refuses to go on with a run for more epochs where the longer run would have trained the updates that are done otherwise:
 * then it is no part of it.
 *
 * @param before  the run as it was planned
 * @param after   the longer one
 * @param done    updates done
 * @throws OverparamError `run-differs`
 */
export function checkLonger(shown: string, before: TrainingPlan, after: TrainingPlan, done: number): void {
  const difference = firstDifference(before, after, done);
  if (difference === null) return;
  const { update, what } = difference;
  const [from, to] = [before.recipe.epochs, after.recipe.epochs];
  throw new OverparamError(
    'run-differs',
    `The run in "${shown}" was planned for ${from} epochs, and ${to} cannot be made of it: ${what} of update ${update} would have been another in ${to} epochs, as ${what === 'the learning rate' ? `lr (${after.recipe.lr.schedule})` : what === 'the phase' ? `the routine "${after.recipe.routine.part.name}"` : 'averageWeights'} follows the length of the run. ` +
      'Train it anew with more epochs into another folder. What counts in epochs or updates and not in shares of the run (lr: { schedule: constant }, or multiStep with milestones in epochs) can be gone on with.',
  );
}

/**
 * Makes a run ready for more epochs: checks that what is done is a part of the longer run, and takes its result away.
 *
 * @param planned  the run as it was planned
 * @throws OverparamError `run-differs`; the folder is then as it was
 */
export async function reopen(
  folder: string,
  shown: string,
  planned: TrainingPlan,
  plan: TrainingPlan,
): Promise<void> {
  const checkpoint = await newestCheckpoint(folder, () => {});
  checkLonger(shown, planned, plan, checkpoint?.progress.update ?? 0);
  // The result goes first: without it the run is one that is not finished.
  for (const name of ['result.json', 'SHA256SUMS', 'final', 'collapsed']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
