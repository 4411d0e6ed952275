import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from '@overparam/report';

/** A run that is looked at again and again. */
export interface WatchedRun {
  /** Another text whenever there may be news, such as sizes and times of files; cheap. */
  mark(): Promise<string>;
  /** What there is to show now. */
  read(): Promise<RunReport>;
}

/** How {@link followRun} looks. */
export interface FollowOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks; 500 where left out. */
  readonly interval?: number;
  /** Told at first, and whenever there are news; the next look waits for it. */
  onReport(report: RunReport): void | Promise<void>;
}

/**
 * Follows a run until it is finished or the signal aborts. One that has stopped is waited for, as it may go on.
 *
 * @returns what was told last; null where the signal aborted before anything was
 * @throws what the run's `mark` and `read` throw, such as for a folder that was removed
 */
export async function followRun(run: WatchedRun, options: FollowOptions): Promise<RunReport | null> {
  const { signal, interval = 500, onReport } = options;
  let before: string | null = null;
  let last: RunReport | null = null;
  while (!signal.aborted) {
    const mark = await run.mark();
    if (mark !== before) {
      before = mark;
      last = await run.read();
      await onReport(last);
      if (last.state === 'finished') break;
    }
    await sleep(interval, undefined, { signal }).catch(() => {});
  }
  return last;
}
