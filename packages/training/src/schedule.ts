import { OverparamError } from '@overparam/errors';
import type { Phase, Schedule, ScheduledUpdate, Stage } from '@overparam/plugin';
import { matchesGroup } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Trained } from './stage';

/**
 * The phase of a name.
 *
 * @throws OverparamError `unknown-phase`
 */
export function phaseOf(schedule: Schedule, name: string): Phase {
  const phase = schedule.phases.find((candidate) => candidate.name === name);
  if (phase) return phase;
  throw new OverparamError(
    'unknown-phase',
    `The routine scheduled a phase "${name}" that it has not declared.`,
  );
}

/** The stage that an update belongs to. */
export function stageAt(schedule: Schedule, update: number): Stage {
  return schedule.stages.findLast(({ from }) => from <= update)?.stage ?? 'expanded';
}

/** The update at which the stage of an update began. */
export function stageStart(schedule: Schedule, update: number): number {
  return schedule.stages.findLast(({ from }) => from <= update)?.from ?? 0;
}

/** What a schedule asks for before an update: slots at zero, states that follow its values. */
export function applySchedule(
  { network, optimiser }: Trained,
  { reset, values = {} }: Pick<ScheduledUpdate, 'reset' | 'values'>,
): void {
  const parameters = network.parameters.filter((parameter) =>
    reset.some((group) => matchesGroup(group, parameter)),
  );
  if (parameters.length > 0) optimiser.reset(parameters.map(({ name }) => name));
  for (const { variable, follows } of network.states) {
    const value = follows === null ? undefined : values[follows];
    if (value !== undefined) tf.tidy(() => variable.assign(tf.scalar(value)));
  }
}
