import { type RunConfig, recipeOf } from '@overparam/config';
import { useKernelChoices } from '@overparam/engine';
import { dataRecordOf } from '@overparam/run-folder';
import {
  beginTraining,
  disposeTrained,
  planTraining,
  type Trained,
  TrainingLoop,
  type UpdateReport,
} from '@overparam/training';
import type { Crew } from './crew';
import { openDataset } from './data';
import type { TrainRunOptions } from './train-run';

/**
 * Trains a run as one of its workers but the first, which writes: this one has no folder, takes the run up where the first says,
 * and ends when its updates are done.
 *
 * @throws OverparamError `workers-differ`, `workers-diverged`, `worker-lost`, `interrupted`, `non-finite`, and what plugins throw
 */
export async function trainMember(
  config: RunConfig,
  crew: Crew,
  { dataDir, configFolder = '.', callbacks = {}, signal }: Omit<TrainRunOptions, 'out' | 'resume' | 'crew'>,
): Promise<void> {
  const dataset = await openDataset(config, dataDir, signal, callbacks.onData, callbacks.onNote);
  try {
    const plan = planTraining(recipeOf(config), dataset, crew.team);
    await crew.agree(await dataRecordOf(plan.dataset, plan.sizes, { signal }), configFolder);
    const { progress, kernels } = await crew.takeUp(null);
    useKernelChoices(kernels);
    const state = beginTraining(plan, progress);
    await crew.give(state.trained);
    const compare = (_: unknown, trained: Trained) => crew.compare(trained);
    const listeners = {
      onUpdate: (report: UpdateReport) => callbacks.onUpdate?.(report),
      onEpoch: compare,
      onStop: compare,
    };
    const loop = new TrainingLoop(plan, state, listeners, signal);
    try {
      await loop.run();
    } finally {
      loop.dispose();
      disposeTrained(loop.trained);
    }
  } finally {
    await dataset.close();
  }
}
