import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OverparamError } from '@overparam/errors';
import { type CommandLine, trainInChild } from './child';
import { type TaskEvent, tell } from './events';
import { trainArguments } from './launch';
import type { Outcome } from './outcome';
import { readSubmission, type Submission } from './submission';
import { systemOf, type TaskSystem } from './task-system';

/** How {@link runTask} runs a task. */
export interface TaskOptions {
  /** Starts the command line whose `train` trains the run. */
  readonly command: CommandLine;
  /** Aborts when the scheduler wants the task to end now. */
  readonly signal: AbortSignal;
  /** Environment of the task; this process's where absent. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Told what the run says, for the task's log. */
  onSaid(text: string): void;
}

/** Exit code of a task whose run has to go on and that could not be queued again; 75 is "temporary failure" of sysexits. */
const again = 75;

/** Milliseconds between two attempts where another process is still at work in the run's folder. */
const lockPause = 5000;

/** Refuses a folder of the same name that is not the one of whoever submitted the task. */
async function checkProbe({ folder, id }: Submission): Promise<void> {
  const found = await readFile(join(folder, 'probe'), 'utf8').catch(() => '');
  if (found === `${id}\n`) return;
  throw new OverparamError(
    'folder-not-shared',
    `"${folder}" on ${hostname()} is not the folder that the comparison was started with. Choose an --out on a file system ` +
      'that all nodes share.',
  );
}

/**
 * Trains the run of one task of a submission, as a scheduler starts it; saves and ends when its time is up or its place is
 * taken, and has itself queued again then. What becomes of it, it writes down beside the submission.
 *
 * Whether its time is up is told by how long it has run on this machine's own steady clock: no clocks of two machines are
 * compared.
 *
 * @param folder  of the submission
 * @returns       the exit code: 0, 1 where the run failed, 75 where it has to be started again
 * @throws OverparamError `invalid-task`, `folder-not-shared`
 */
export async function runTask(folder: string, options: TaskOptions): Promise<number> {
  const began = performance.now();
  const submission = await readSubmission(folder);
  await checkProbe(submission);
  const system = systemOf(submission, options.environment ?? process.env);
  const { index, node, job } = system;
  const run = submission.tasks[index];
  if (run === undefined) {
    throw new OverparamError(
      'invalid-task',
      `There is no task ${index} in "${folder}", which has ${submission.tasks.length}.`,
    );
  }
  const write = (event: Omit<TaskEvent, 'node' | 'job'>) =>
    // A run's outcome counts more than its being told of: a disk may be full.
    tell(folder, index, { ...event, node, job } as TaskEvent).catch((error: Error) =>
      options.onSaid(`The task's state could not be written down: ${error.message}\n`),
    );
  await tell(folder, index, { event: 'started', node, job });
  const early = new AbortController();
  const onEarly = () => early.abort();
  process.on('SIGUSR2', onEarly);
  try {
    const outcome = await train(
      options,
      submission,
      run,
      AbortSignal.any([options.signal, early.signal]),
      write,
    );
    if (outcome.kind === 'finished') {
      await write({ event: 'finished' });
      return 0;
    }
    if (outcome.kind === 'failed') {
      options.onSaid(`${outcome.message}\n`);
      await write({ event: 'failed', message: outcome.message } as TaskEvent);
      return 1;
    }
    const seconds = (performance.now() - began) / 1000;
    const timeIsUp = isTimeUp(submission, seconds, early.signal.aborted);
    return await end(timeIsUp, submission, system, write);
  } finally {
    process.off('SIGUSR2', onEarly);
  }
}

/**
 * Whether a stop means that a task's time is up rather than that its place is taken. Slurm sends the early signal up to a
 * minute earlier than asked, and some clusters send it for preemption as well; the last signal comes with the limit itself.
 */
export function isTimeUp(
  { timeoutSeconds, signalDelayS }: Pick<Submission, 'timeoutSeconds' | 'signalDelayS'>,
  seconds: number,
  early: boolean,
): boolean {
  const slack = 90;
  return seconds >= timeoutSeconds - slack - (early ? signalDelayS : 0);
}

async function train(
  { command, onSaid }: TaskOptions,
  { dataDir, extraArguments }: Submission,
  run: Submission['tasks'][number],
  signal: AbortSignal,
  write: (event: Omit<TaskEvent, 'node' | 'job'>) => Promise<void>,
): Promise<Outcome> {
  for (let first = true; ; first = false) {
    const outcome = await trainInChild({
      command,
      arguments: trainArguments(run, dataDir, extraArguments),
      onProgress: () => undefined,
      onWork: () => undefined,
      onSaid,
      signal,
      stopBy: 'channel',
      // The scheduler kills what takes too long.
      grace: 86_400_000,
    });
    // An earlier attempt may live on, on a node that the scheduler has lost; it saves, ends or loses its lock.
    if (outcome.kind !== 'failed' || outcome.code !== 'run-locked') return outcome;
    if (first) await write({ event: 'waiting' });
    await sleep(lockPause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return { kind: 'stopped' };
  }
}

/** The state is saved: queues the task again where it may. */
async function end(
  timeIsUp: boolean,
  submission: Submission,
  system: TaskSystem,
  write: (event: Omit<TaskEvent, 'node' | 'job'>) => Promise<void>,
): Promise<number> {
  await write({ event: timeIsUp ? 'time-up' : 'preempted' });
  if (timeIsUp && (await system.timeouts()) > submission.maxNumTimeout) return 1;
  return (await system.requeue()) ? 0 : again;
}
