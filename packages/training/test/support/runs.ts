import { type EngineName, useEngine } from '@overparam/engine';
import type { OpenDataset } from '@overparam/plugin';
import {
  beginTraining,
  defineRecipe,
  disposeTrained,
  type LoopListeners,
  type Progress,
  planTraining,
  type Trained,
  TrainingLoop,
  type TrainingPlan,
  type TrainingState,
  trainingBatches,
} from '../../src/index';
import type { Setup } from './setups';

/** A run that has not begun. */
export interface OpenRun {
  readonly plan: TrainingPlan;
  readonly state: TrainingState;
}

/** Opens a setup's data, plans its run and makes its first network. */
export async function openRun(setup: Setup, engine: EngineName = 'wasm'): Promise<OpenRun> {
  await useEngine(engine);
  const { dataset, ...recipe } = setup;
  const opened = await dataset.part.open(dataset.options, { dataDir: 'data' });
  try {
    const plan = planTraining(defineRecipe(recipe), opened);
    return { plan, state: beginTraining(plan) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Frees a run that is not trained. */
export async function closeRun({ plan, state }: OpenRun): Promise<void> {
  disposeTrained(state.trained);
  await plan.dataset.close();
}

/** Trains a run to its end, frees it, and tells how it went. */
export async function finish(
  { plan, state }: OpenRun,
  listenersOf: (loop: { readonly trained: Trained }) => LoopListeners = () => ({}),
): Promise<Progress> {
  const listeners: LoopListeners = {};
  const loop = new TrainingLoop(plan, state, listeners);
  Object.assign(listeners, listenersOf(loop));
  try {
    await loop.run();
    return loop.progress;
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
    await plan.dataset.close();
  }
}

/** A run whose labels are changed after they are read, in batches of the same order. */
export function relabelled(
  { plan, state }: OpenRun,
  change: (task: string, target: Float32Array | Int32Array, offset: number) => void,
): OpenRun {
  const { dataset, recipe, sizes } = plan;
  const changed: OpenDataset = {
    ...dataset,
    label(example, task, target, offset) {
      dataset.label(example, task, target, offset);
      change(task, target, offset);
    },
  };
  const { key, batch, augment } = recipe;
  const batches = trainingBatches(changed, { key, size: sizes.train, batch, augment });
  return { plan: { ...plan, batches }, state };
}
