import { readFile } from 'node:fs/promises';
import type { TaskEvent } from './events';
import type { QueuedTask } from './queue';
import { logOf, type Submission } from './submission';

/** What is to be made of a task that has ended without its run being finished. */
export type Ended =
  /** Nobody's fault: it goes on as it is, however often. */
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'time-up'; readonly times: number }
  | { readonly kind: 'failed'; readonly message: string }
  /** Starting it again cannot help. */
  | { readonly kind: 'hopeless'; readonly message: string };

/** States after which Slurm or a node is to blame, and not the run. */
const faultless = ['NODE_FAIL', 'PREEMPTED', 'BOOT_FAIL', 'REVOKED'];

/** The last lines that a task wrote, for a message. */
async function lastWords(submission: Submission, index: number): Promise<string> {
  const text = await readFile(logOf(submission.folder, index), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-3).join(' ').slice(-600);
}

/**
 * Judges a task that has ended.
 *
 * @param events    its own, the oldest first
 * @param task      what the scheduler says of it; undefined where that is nothing
 * @param accounted what the scheduler's accounts say of it; may be empty
 */
export async function judgeEnded(
  submission: Submission,
  index: number,
  events: readonly TaskEvent[],
  task: QueuedTask | undefined,
  accounted: string,
): Promise<Ended> {
  const last = events.at(-1);
  const word = task?.word || accounted.split(/[ ,]/)[0]!;
  const reason = task && !['', 'None'].includes(task.reason) ? ` (${task.reason})` : '';
  const node = task?.node || last?.node || '';
  const where = node === '' ? '' : ` on ${node}`;
  if (last?.event === 'failed') return { kind: 'failed', message: last.message };
  if (word.startsWith('CANCELLED')) return { kind: 'hopeless', message: `The task was cancelled${where}.` };
  if (faultless.includes(word)) return { kind: 'lost', why: `${word}${where}` };
  if (last?.event === 'time-up' || word === 'TIMEOUT' || word === 'DEADLINE') {
    const told = events.filter(({ event }) => event === 'time-up').length;
    return { kind: 'time-up', times: told + (last?.event === 'time-up' ? 0 : 1) };
  }
  if (last?.event === 'preempted') return { kind: 'lost', why: `preempted${where}` };
  const words = await lastWords(submission, index);
  const how = word === '' ? 'the scheduler does not know of it any more' : `${word}${reason}`;
  if (last === undefined) {
    if (words !== '') return { kind: 'hopeless', message: `The task could not be started${where}: ${words}` };
    return {
      kind: 'hopeless',
      message:
        `The task ended${where} without leaving a trace in "${submission.folder}" (${how}): nodes do not share that folder with ` +
        'this machine. Choose an --out on a file system that all of them share.',
    };
  }
  const more = accounted === '' ? '' : `; accounts say ${accounted}`;
  return {
    kind: 'failed',
    message: `The task ended${where} and said no reason: ${how}${more}.${words === '' ? '' : ` It wrote last: ${words}`}`,
  };
}
