import { resolve } from 'node:path';
import { isOverparamError } from '@overparam/errors';
import { judgeEnded } from './ended';
import { eventsOf } from './events';
import type { LaunchedRun } from './launch';
import { type Queue, type QueuedTask, taskKey } from './queue';
import { slurmQueue } from './slurm/queue';
import { logOf, type Submission, submissionsOf } from './submission';

/** What has become of a run, seen from outside. */
export interface RunStatus {
  readonly label: string;
  readonly seed: string;
  readonly folder: string;
  readonly state: 'finished' | 'running' | 'waiting' | 'failed' | 'stopped' | 'not begun';
  /** Updates that its newest records know of; null before the first. */
  readonly updates: number | null;
  /** The scheduler's name of its task; empty where it has none. */
  readonly job: string;
  readonly node: string;
  /** Why it waits, or why it failed. */
  readonly reason: string;
  /** Its task's log; null where none was started. */
  readonly log: string | null;
}

/** What the status of runs is found out from. */
export interface StatusOptions {
  /** The comparison's folder. */
  readonly out: string;
  /** Whether a run's folder holds its result. */
  isFinished(run: number): Promise<boolean>;
  /** Updates of a run that are saved, from its folder; null where nothing is. */
  savedUpdates(run: number): Promise<number | null>;
  /** Told where a scheduler does not answer from here. */
  onNote(text: string): void;
  /** The schedulers by name; those that exist where absent. */
  readonly queues?: Partial<Record<Submission['launcher'], Queue>>;
}

/** Says what has become of runs, from their folders and from the schedulers that they were handed to. */
export async function statusOf(runs: readonly LaunchedRun[], options: StatusOptions): Promise<RunStatus[]> {
  const { queues = { slurm: slurmQueue } } = options;
  const submissions = await submissionsOf(options.out);
  const answer = new Map<string, QueuedTask>();
  const asked = new Set<string>();
  for (const [name, queue] of Object.entries(queues)) {
    const own = submissions.filter(({ launcher }) => launcher === name);
    if (own.length === 0) continue;
    try {
      for (const entry of await queue.ask(own.map(({ id }) => id))) answer.set(...entry);
      for (const { id } of own) asked.add(id);
    } catch (error) {
      if (!isOverparamError(error)) throw error;
      options.onNote(error.message);
    }
  }
  const places = new Map<string, { readonly submission: Submission; readonly index: number }>();
  for (const submission of submissions) {
    for (const [index, { folder }] of submission.tasks.entries()) places.set(folder, { submission, index });
  }
  const found: RunStatus[] = [];
  for (const [run, { label, seed, folder }] of runs.entries()) {
    const place = places.get(resolve(folder));
    const updates = await options.savedUpdates(run);
    const task = place && answer.get(taskKey(place.submission.id, place.index));
    const base = { label, seed, folder, updates, job: task?.job ?? '', node: task?.node ?? '', reason: '' };
    const log = place ? logOf(place.submission.folder, place.index) : null;
    if (await options.isFinished(run)) {
      found.push({ ...base, state: 'finished', log });
    } else if (task && task.state !== 'ended') {
      found.push({ ...base, state: task.state, reason: task.state === 'waiting' ? task.reason : '', log });
    } else if (place) {
      found.push({
        ...base,
        ...(await (asked.has(place.submission.id) ? endedState(place, task) : unseenState(place))),
        log,
      });
    } else {
      found.push({ ...base, state: updates === null ? 'not begun' : 'stopped', log });
    }
  }
  return found;
}

async function endedState(
  { submission, index }: { readonly submission: Submission; readonly index: number },
  task: QueuedTask | undefined,
): Promise<Pick<RunStatus, 'state' | 'reason'>> {
  const events = await eventsOf(submission.folder, index);
  const ended = await judgeEnded(submission, index, events, task, '');
  if (ended.kind === 'failed' || ended.kind === 'hopeless') return { state: 'failed', reason: ended.message };
  return { state: 'stopped', reason: ended.kind === 'lost' ? ended.why : 'its time was up' };
}

/** Where the scheduler cannot be asked from here, what the task itself wrote down. */
async function unseenState({
  submission,
  index,
}: {
  readonly submission: Submission;
  readonly index: number;
}): Promise<Pick<RunStatus, 'state' | 'reason'>> {
  const last = (await eventsOf(submission.folder, index)).at(-1);
  if (last === undefined) return { state: 'waiting', reason: '' };
  if (last.event === 'failed') return { state: 'failed', reason: last.message };
  const stands = last.event === 'preempted' || last.event === 'time-up';
  return {
    state: stands ? 'stopped' : 'running',
    reason: stands ? last.event : `as its task wrote on ${last.node}`,
  };
}
