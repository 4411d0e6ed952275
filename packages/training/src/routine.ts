import { type Parameter, parameterGroups, parametersOf } from '@overparam/core-reparam';
import type { Key } from '@overparam/engine';
import { parseOptions, type Routine, type Schedule, type Task } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';

/** What a routine is planned for. */
export interface RoutineRun {
  /** What `expand` made. */
  readonly network: LayersModel;
  readonly tasks: readonly Pick<Task, 'name'>[];
  /** In the whole run. */
  readonly updates: number;
  /** Batches in one pass over the data. */
  readonly updatesPerEpoch: number;
  readonly key: Key;
  /** Checked by the routine's schema; defaults where left out. */
  readonly options?: unknown;
}

/**
 * A routine's plan for a network: which parameters move at which update.
 *
 * @throws OverparamError `invalid-options`, and what the routine throws
 */
export function planRoutine(routine: Routine, run: RoutineRun): Schedule {
  const { network, tasks, updates, updatesPerEpoch, key, options } = run;
  const groups = parameterGroups(parametersOf(network) satisfies readonly Parameter[]);
  const names = tasks.map(({ name }) => name);
  return routine.plan(
    { updates, updatesPerEpoch, tasks: names, groups, key },
    parseOptions(routine.options, options, `routine "${routine.name}"`),
  );
}
