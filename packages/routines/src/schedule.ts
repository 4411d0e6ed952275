import { OverparamError } from '@overparam/errors';
import type { Phase, RunShape, Schedule, ScheduledUpdate, Stage } from '@overparam/plugin';
import { movesAny } from './groups';

/** What a routine decides; {@link scheduleOf} completes it. */
export interface Plan {
  readonly phases: readonly Phase[];
  readonly stages?: Schedule['stages'];
  readonly notes?: readonly string[];
  at(index: number): ScheduledUpdate;
}

/** A phase of the expanded network that follows the balanced loss at the full rate, unless `given` differs. */
export function phaseOf(given: Pick<Phase, 'name' | 'moves'> & Partial<Phase>): Phase {
  return { stage: 'expanded', rates: [], loss: 'balanced', ...given };
}

const wholeRun: readonly { stage: Stage; from: number }[] = [{ stage: 'expanded', from: 0 }];

/**
 * A schedule from a routine's plan: adds a note for each phase that moves only plain parameters and norms
 * (with one phase, as for the baseline, there is nothing that another would move), and refuses updates
 * outside the run.
 */
export function scheduleOf(run: RunShape, { phases, stages = wholeRun, notes = [], at }: Plan): Schedule {
  const idle = (phases.length > 1 ? phases : [])
    .filter(({ stage, moves }) => stage === 'expanded' && !movesAny(moves, run))
    .map(
      ({ name }) =>
        `The phase "${name}" moves only plain parameters and norms: the method has no parameters of its groups.`,
    );
  return {
    phases,
    stages,
    notes: [...notes, ...idle],
    at(index) {
      if (Number.isInteger(index) && index >= 0 && index < run.updates) return at(index);
      throw new OverparamError(
        'update-out-of-range',
        `The schedule has the updates 0 to ${run.updates - 1}; update ${index} was asked for. Ask within the run.`,
      );
    },
  };
}
