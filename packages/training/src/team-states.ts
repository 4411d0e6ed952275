import * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork } from './network';
import type { SharedStep } from './team';

/** What the states of a network hold at a point of a step: they hold other data once they are assigned. */
export type StatesNow = ReadonlyMap<string, object>;

/** What a network's states hold now. */
export function statesNow({ states }: Pick<TrainedNetwork, 'states'>): StatesNow {
  return new Map(states.map(({ name, variable }) => [name, variable.dataId]));
}

/**
 * Gives the states that a step has changed, each worker's by its own examples, their mean over all examples, so that running
 * statistics are the same on every worker after each update. Within the step.
 */
export function agreeOnStates(
  { team, share, sums }: SharedStep,
  { states }: Pick<TrainedNetwork, 'states'>,
  before: StatesNow,
): void {
  // Norms of the whole batch agree by themselves.
  if (team.norms === 'synchronised') return;
  const changed = states.filter(({ name, variable }) => before.get(name) !== variable.dataId);
  if (changed.length === 0) return;
  const part = (share.end - share.start) / share.of;
  tf.tidy(() => {
    const means = sums.sumAll(changed.map(({ variable }) => tf.mul(variable, part)));
    changed.forEach(({ variable }, index) => {
      variable.assign(means[index]!);
    });
  });
}
