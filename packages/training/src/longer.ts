import type { TrainingPlan } from './plan';
import { stageAt, stageStart } from './schedule';
import { averageDecay } from './weight-average';

/** Where two plans of a run part. */
export interface PlanDifference {
  readonly update: number;
  readonly what: 'the learning rate' | 'the phase' | 'the average of the weights';
}

/**
 * The first of the updates that are done which two plans would have made differently; null where the run so far is a part of
 * both.
 *
 * @param done  updates done
 */
export function firstDifference(
  one: Pick<TrainingPlan, 'rateAt' | 'schedule' | 'averaging'>,
  other: Pick<TrainingPlan, 'rateAt' | 'schedule' | 'averaging'>,
  done: number,
): PlanDifference | null {
  const phase = ({ schedule }: typeof one, update: number) =>
    JSON.stringify([stageAt(schedule, update), schedule.at(update)]);
  const decay = ({ averaging, schedule }: typeof one, update: number) =>
    averaging &&
    averageDecay(averaging, { done: update + 1, since: stageStart(schedule, update) }, update === 0);
  for (let update = 0; update < done; update++) {
    if (one.rateAt(update) !== other.rateAt(update)) return { update, what: 'the learning rate' };
    if (phase(one, update) !== phase(other, update)) return { update, what: 'the phase' };
    if (decay(one, update) !== decay(other, update)) return { update, what: 'the average of the weights' };
  }
  return null;
}
