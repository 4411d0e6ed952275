import { type RunConfig, recipeOf } from '@overparam/config';
import { isOverparamError } from '@overparam/errors';
import {
  beginTraining,
  disposeTrained,
  estimateMemory,
  planTraining,
  TrainingLoop,
  type TrainingPlan,
  type TrainingState,
} from '@overparam/training';
import { openDataset } from './data';
import type { TrainCallbacks } from './train-run';

/** What a run would be, found out without making it. */
export interface Forecast {
  readonly label: string;
  readonly updates: number;
  readonly epochs: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly parameters: { readonly expanded: number; readonly plain: number };
  /** Of the first phase, the median of a few that were made and thrown away; the first, which compiles, does not count. */
  readonly secondsPerUpdate: number;
  /** How many updates that is the median of. */
  readonly timed: number;
  /** The most memory that training takes, about, in bytes; null where the engine does not say. */
  readonly memory: number | null;
}

/** Updates that are timed; fewer where they take long. */
const mostTimed = 8;
/** Beyond so many milliseconds of timing, three will do. */
const patience = 10_000;

/** Makes the first updates of a run and throws them away. */
async function timeUpdates(
  plan: TrainingPlan,
  state: TrainingState,
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  const enough = new AbortController();
  const took: number[] = [];
  let before: number | null = null;
  let sum = 0;
  const onUpdate = () => {
    const now = performance.now();
    if (before !== null) {
      took.push(now - before);
      sum += now - before;
    }
    before = now;
    if (took.length >= mostTimed || (took.length >= 3 && sum > patience)) enough.abort();
  };
  const either = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
  const loop = new TrainingLoop(plan, state, { onUpdate }, either);
  try {
    await loop.run();
  } catch (error) {
    if (!enough.signal.aborted || !isOverparamError(error) || error.code !== 'interrupted') throw error;
  } finally {
    loop.dispose();
    disposeTrained(loop.trained);
  }
  return took.sort((a, b) => a - b);
}

/**
 * Says what a run would be: plans it, makes a few updates and throws them away. Nothing is written.
 *
 * @throws OverparamError what {@link trainRun} would refuse before its first update
 */
export async function forecastRun(
  config: RunConfig,
  {
    dataDir,
    signal,
    callbacks = {},
  }: {
    readonly dataDir: string;
    readonly signal?: AbortSignal;
    readonly callbacks?: Pick<TrainCallbacks, 'onData' | 'onLayer' | 'onNote'>;
  },
): Promise<Forecast> {
  const dataset = await openDataset(config, dataDir, signal, callbacks.onData, callbacks.onNote);
  try {
    const plan = planTraining(recipeOf(config), dataset);
    for (const note of plan.notes) callbacks.onNote?.(note);
    const state = beginTraining(plan, null, callbacks.onLayer);
    const memory = estimateMemory(plan, state.trained);
    const took = await timeUpdates(plan, state, signal);
    return {
      label: config.label,
      updates: plan.updates,
      epochs: plan.recipe.epochs,
      trainImages: plan.sizes.train,
      testImages: plan.sizes.test,
      parameters: plan.parameters,
      secondsPerUpdate: took.length === 0 ? Number.NaN : took[Math.floor(took.length / 2)]! / 1000,
      timed: took.length,
      memory: memory?.[plan.recipe.recompute] ?? null,
    };
  } finally {
    await dataset.close();
  }
}
