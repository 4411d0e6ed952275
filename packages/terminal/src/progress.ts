import { clockText, paceText } from './clock';
import { type ProgressStream, statusLine } from './status-line';

/** Shows how far a run is: a bar on a terminal, else a line every ten seconds. */
export interface ProgressView {
  /**
   * Says how far the run is.
   *
   * @param done  updates done of all, and what is going on in words
   */
  show(done: number, total: number, text: string): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  /** Removes the bar. */
  end(): void;
}

const barWidth = 24;

/**
 * A view of a run's progress.
 *
 * @param stream  where to, stderr as a rule
 * @param now     milliseconds
 */
export function createProgressView(
  stream: ProgressStream,
  now: () => number = () => performance.now(),
): ProgressView {
  const status = statusLine(stream, now);
  let start: { readonly done: number; readonly at: number } | null = null;
  return {
    show(done, total, text) {
      // Counted from the second update: the first one compiles.
      start ??= { done, at: now() };
      const { done: before, at } = start;
      status.show(() => {
        const pace = paceText(done - before, total - done, (now() - at) / 1000);
        const parts = [`${done}/${total}`, text, pace].filter((part) => part !== '').join('  ');
        if (!status.isTerminal) return parts;
        const filled = Math.round((barWidth * done) / total);
        return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${parts}`;
      }, done === total);
    },
    line: (text) => status.line(text),
    end: () => status.end(),
  };
}

/**
 * Lines about work that goes step by step: none in the first two seconds, then one every ten.
 *
 * @returns takes steps done of all, and what the last one was
 */
export function stepLines(
  line: (text: string) => void,
  now: () => number = () => performance.now(),
): (what: string, done: number, total: number, name: string) => void {
  let next = now() + 2_000;
  return (what, done, total, name) => {
    if (now() < next) return;
    next = now() + 10_000;
    line(`${what}: ${done} of ${total} (${name})`);
  };
}

/**
 * Shows work on data, such as a download or unpacking: on a terminal one line that changes, else a line every ten
 * seconds; its end in a line that stays.
 *
 * @returns takes bytes or examples done of all, and what is going on
 */
export function showWork(
  stream: ProgressStream,
  now: () => number = () => performance.now(),
): (done: number, total: number, what: string) => void {
  const status = statusLine(stream, now);
  const started = now();
  let ended = '';
  return (done, total, what) => {
    const all = total < 1e5 ? total.toLocaleString('en') : `${(total / 1e6).toFixed(1)} M`;
    const share = total > 0 ? `${Math.floor((100 * done) / total)} % of ${all}` : `${done}`;
    if (done === total) {
      const text = `${what}: ${share}`;
      if (text !== ended) status.line(text);
      ended = text;
      return;
    }
    const seconds = (now() - started) / 1000;
    const left = done > 0 ? `, ${clockText(((total - done) / done) * seconds)} left` : '';
    status.show(`${what}: ${share}${left}`);
  };
}
