import { setTimeout as sleep } from 'node:timers/promises';
import type { ComparisonProgress, RunReport } from '@overparam/report';

/** A run or a comparison as it is now. */
export type Watched = RunReport | ComparisonProgress;

/** What is looked at again and again. */
export interface WatchedRun<Report extends Watched = RunReport> {
  /** Another text whenever there may be news, such as sizes and times of files; cheap. */
  mark(): Promise<string>;
  /** What there is to show now. */
  read(): Promise<Report>;
}

/** How {@link followRun} looks. */
export interface FollowOptions<Report extends Watched = RunReport> {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Milliseconds between two looks; 500 where left out. */
  readonly interval?: number;
  /** Told at first, and whenever there are news; the next look waits for it. */
  onReport(report: Report): void | Promise<void>;
}

/**
 * Follows a run or a comparison until it is finished or the signal aborts. One that has stopped is waited for, as it may go on.
 *
 * @returns what was told last; null where the signal aborted before anything was
 * @throws what the run's `mark` and `read` throw, such as for a folder that was removed
 */
export async function followRun<Report extends Watched = RunReport>(
  run: WatchedRun<Report>,
  options: FollowOptions<Report>,
): Promise<Report | null> {
  const { signal, interval = 500, onReport } = options;
  let before: string | null = null;
  let last: Report | null = null;
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
