import { defaults } from './complete';
import type { RunConfig } from './schema';

/**
 * What a user should know of keys that have no effect in a run.
 *
 * @param tasks  how many the run learns
 */
export function idleNotes({ balancer, gradients, regulariser }: RunConfig, tasks: number): string[] {
  if (tasks > 1) return [];
  const idle = [
    ...(balancer.name === defaults.balancer ? [] : [`balancer: ${balancer.name}`]),
    ...(gradients === defaults.gradients ? [] : [`gradients: ${gradients}`]),
    ...(regulariser === null ? [] : [`regulariser: ${regulariser.name}`]),
  ];
  if (idle.length === 0) return [];
  return [`${idle.join(' and ')} has no effect: the run has one task, and nothing to weigh.`];
}
