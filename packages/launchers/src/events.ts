import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a task writes down of itself, on the file system that it shares with whoever started it. */
export type TaskEvent = { readonly node: string; readonly job: string } & (
  | { readonly event: 'started' }
  /** Another process is still at work in the run's folder. */
  | { readonly event: 'waiting' }
  /** Its state is saved; it has to go on elsewhere, or once more. */
  | { readonly event: 'preempted' }
  | { readonly event: 'time-up' }
  | { readonly event: 'finished' }
  | { readonly event: 'failed'; readonly message: string }
);

function fileOf(submission: string, index: number): string {
  return join(submission, 'events', `${index}.jsonl`);
}

/** Adds an event to those of a task. @throws what the file system throws */
export async function tell(submission: string, index: number, event: TaskEvent): Promise<void> {
  await appendFile(fileOf(submission, index), `${JSON.stringify(event)}\n`);
}

/** A task's events, the oldest first; a line that is just being written does not count. */
export async function eventsOf(submission: string, index: number): Promise<TaskEvent[]> {
  const text = await readFile(fileOf(submission, index), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as TaskEvent];
      } catch {
        return [];
      }
    });
}
