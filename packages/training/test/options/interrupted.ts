import type { EngineName } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import {
  beginTraining,
  disposeTrained,
  type Progress,
  TrainingLoop,
  type TrainingState,
  variablesOf,
} from '../../src/index';
import { openRun } from '../support/runs';
import type { Setup } from '../support/setups';
import { valuesOf } from '../support/values';

/** What a run came to: how far it is, and all of its tensors. */
export interface Ended {
  readonly progress: Progress;
  readonly values: Map<string, string>;
}

/** All tensors of a state, as a checkpoint holds them. */
function saved({ trained, progress }: TrainingState) {
  const values = new Map(
    [...variablesOf(trained)].map(([name, variable]) => [name, variable.dataSync().slice()]),
  );
  return { values, progress: JSON.parse(JSON.stringify(progress)) as Progress };
}

/**
 * Trains a setup to its end.
 *
 * @param stop  the update after which it is stopped, saved, made anew from what was saved, and gone on with; null for never
 */
export async function trainedWith(setup: Setup, engine: EngineName, stop: number | null): Promise<Ended> {
  const { plan, state } = await openRun(setup, engine);
  let current = state;
  try {
    if (stop !== null) {
      const controller = new AbortController();
      const first = new TrainingLoop(
        plan,
        current,
        { onUpdate: ({ update }) => (update === stop ? controller.abort() : undefined) },
        controller.signal,
      );
      await first.run().catch((error: unknown) => {
        if (!controller.signal.aborted) throw error;
      });
      const kept = saved({ trained: first.trained, progress: first.progress });
      first.dispose();
      disposeTrained(first.trained);
      current = beginTraining(plan, kept.progress);
      for (const [name, variable] of variablesOf(current.trained))
        tf.tidy(() => variable.assign(tf.tensor(kept.values.get(name)!, variable.shape)));
    }
    const loop = new TrainingLoop(plan, current);
    await loop.run();
    const ended = { progress: loop.progress, values: valuesOf(loop.trained) };
    loop.dispose();
    disposeTrained(loop.trained);
    return ended;
  } finally {
    await plan.dataset.close();
  }
}
