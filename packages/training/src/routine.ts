import { parameterGroups } from '@overparam/core-reparam';
import { type Key, keyFromSeed } from '@overparam/engine';
import type { Network, Routine, Schedule, Task } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import { checkTrunks } from './checks';
import { chosenOf, type Part } from './chosen';
import { listNetwork } from './step-checks';

/** What a routine is planned for. */
export interface RoutineRun {
  /** What `trainingStep` takes. */
  readonly network: LayersModel | Network;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** In the whole run. */
  readonly updates: number;
  /** Batches in one pass over the data. */
  readonly updatesPerEpoch: number;
  /** For routines that draw something; that of seed 0 where left out. */
  readonly key?: Key;
}

/**
 * A routine's plan for a network: which parameters move at which update.
 *
 * @throws OverparamError `not-expanded`, `task-mismatch`, `invalid-options`, `unsupported-routine`, and what the routine
 *   throws
 * @example
 * const schedule = planRoutine(cyclic, { network, tasks, updates: 400, updatesPerEpoch: batches.perEpoch });
 */
export function planRoutine(routine: Part<Routine>, run: RoutineRun): Schedule {
  const { tasks, updates, updatesPerEpoch, key = keyFromSeed(0) } = run;
  const network = listNetwork(run.network, tasks);
  const { part, options } = chosenOf(routine);
  const names = tasks.map(({ name }) => name);
  const groups = parameterGroups(network.parameters);
  const schedule = part.plan({ updates, updatesPerEpoch, tasks: names, groups, key }, options);
  checkTrunks(part.name, schedule, network, updates);
  return schedule;
}
