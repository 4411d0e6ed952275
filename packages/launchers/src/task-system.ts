import { hostname } from 'node:os';
import { OverparamError } from '@overparam/errors';
import { eventsOf } from './events';
import { runProgram } from './programs';
import type { Submission } from './submission';

/** What a task knows of the scheduler that started it. */
export interface TaskSystem {
  /** Which task of the submission it is. */
  readonly index: number;
  readonly node: string;
  /** The scheduler's name of it. */
  readonly job: string;
  /** How often its time was up, this time included. */
  timeouts(): Promise<number>;
  /** Has it queued again. @returns false where that is left to others */
  requeue(): Promise<boolean>;
}

/** Reads a task's place from its environment. @throws OverparamError `invalid-task` */
export function systemOf(submission: Submission, environment: NodeJS.ProcessEnv): TaskSystem {
  const slurm = submission.launcher === 'slurm';
  const name = slurm ? 'SLURM_ARRAY_TASK_ID' : 'JOB_COMPLETION_INDEX';
  const text = environment[name] ?? '';
  if (!/^\d+$/.test(text)) {
    throw new OverparamError(
      'invalid-task',
      `A task is started by its scheduler, which sets ${name}; it is "${text}".`,
    );
  }
  const index = Number(text);
  // Not SLURM_JOB_ID: of the last task of an array it is the array's own, and means all of its tasks.
  const job = slurm ? `${environment.SLURM_ARRAY_JOB_ID ?? ''}_${index}` : (environment.HOSTNAME ?? '');
  return {
    index,
    node: environment.SLURMD_NODENAME ?? environment.NODE_NAME ?? hostname(),
    job,
    timeouts: async () =>
      (await eventsOf(submission.folder, index)).filter(({ event }) => event === 'time-up').length,
    requeue: () => (slurm ? requeueInSlurm(job) : Promise.resolve(false)),
  };
}

/** Has a job queued again, unless somebody cancelled it. */
async function requeueInSlurm(job: string): Promise<boolean> {
  try {
    const { out } = await runProgram('scontrol', ['show', 'job', '-o', job]);
    if (/\bJobState=CANCELLED\b/.test(out)) return false;
    // Preemption has queued it again already where it says so.
    const { code } = await runProgram('scontrol', ['requeue', job]);
    if (code !== 0 && !/\bJobState=(?:PENDING|REQUEUED|PREEMPTED)\b/.test(out)) return false;
    // From here on it counts as queued again, however this process ends.
    return true;
  } catch {
    return false;
  }
}
