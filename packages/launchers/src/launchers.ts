import { kubernetesScheduler } from './kubernetes/scheduler';
import type { Launcher } from './launch';
import { localLauncher } from './local';
import { scheduledLauncher } from './scheduled';
import type { Scheduler } from './scheduler';
import type { LauncherChoice } from './schema';
import { slurmScheduler } from './slurm/scheduler';

/** The scheduler that a choice names; null for this machine. */
export function schedulerOf(choice: LauncherChoice): Scheduler | null {
  if (choice.name === 'slurm') return slurmScheduler(choice);
  return choice.name === 'kubernetes' ? kubernetesScheduler(choice) : null;
}

/**
 * The launcher of a scheduler, or of this machine.
 *
 * @param atOnce  processes of this machine at a time
 */
export function launcherOf(scheduler: Scheduler | null, atOnce: number): Launcher {
  return scheduler === null ? localLauncher(atOnce) : scheduledLauncher(scheduler);
}
