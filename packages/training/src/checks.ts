import { OverparamError } from '@overparam/errors';
import type { Schedule } from '@overparam/plugin';
import type { TrainedNetwork } from './network';

/**
 * Refuses routines that do not fit a network with a trunk for each task: one that never gives the value by which trunks
 * become one, and one that goes on with a single network where trunks stay apart.
 *
 * @param routine  its name, for messages
 * @param network  the expanded one
 * @param updates  of the whole run
 * @throws OverparamError `unsupported-routine`
 */
export function checkTrunks(
  routine: string,
  schedule: Schedule,
  { trunks, states, apart }: Pick<TrainedNetwork, 'trunks' | 'states' | 'apart'>,
  updates: number,
): void {
  if (trunks.length === 0) return;
  const refuse = (why: string) => new OverparamError('unsupported-routine', `routine "${routine}": ${why}`);
  const at = schedule.stages.findIndex(({ stage }) => stage === 'expanded');
  const next = schedule.stages[at + 1];
  const last = schedule.at((next?.from ?? updates) - 1);
  const followed = [...new Set(states.flatMap(({ follows }) => follows ?? []))];
  for (const name of followed) {
    if (last.values?.[name] === 1) continue;
    throw refuse(
      `the tasks' trunks become one as "${name}" goes to 1, and this routine does not take it there. Use routine: progressive, or multiTask: perTask to keep the trunks apart.`,
    );
  }
  if (apart && next) {
    throw refuse(
      `it goes on with one ${next.stage} network, and the tasks' trunks stay apart. Use multiTask: merge or routed, or another routine.`,
    );
  }
}
