import { visible, visibleInLine } from './visible';
import { cutToWidth } from './width';

/** Where progress goes: stderr as a rule. */
export interface ProgressStream {
  /** Writes text as it is. */
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of a terminal; 80 where it is not known. */
  readonly columns?: number;
}

/** Says what is going on: on a terminal in one line that changes, elsewhere in a line now and then. */
export interface StatusLine {
  /** Whether lines can change. */
  readonly isTerminal: boolean;
  /**
   * Says what is going on now.
   *
   * @param text    is asked for where it is shown
   * @param urgent  shows it though the one before came a moment ago
   */
  show(text: string | (() => string), urgent?: boolean): void;
  /** A line that stays. */
  line(text: string): void;
  /** Removes the line that changes. */
  end(): void;
}

/** Milliseconds between two texts, on a terminal and in plain lines. */
const intervals = { terminal: 100, lines: 10_000 };

/**
 * A status line on a stream.
 *
 * @param stream  where to
 * @param now     milliseconds
 */
export function statusLine(stream: ProgressStream, now: () => number = () => performance.now()): StatusLine {
  const isTerminal = stream.isTTY === true;
  const interval = isTerminal ? intervals.terminal : intervals.lines;
  const clear = isTerminal ? '\r\u001B[K' : '';
  let last = Number.NEGATIVE_INFINITY;
  return {
    isTerminal,
    show(text, urgent = false) {
      if (!urgent && now() - last < interval) return;
      last = now();
      const said = visibleInLine(typeof text === 'string' ? text : text());
      // A line that is longer than the terminal's would stay.
      stream.write(isTerminal ? clear + cutToWidth(said, (stream.columns || 80) - 1) : `${said}\n`);
    },
    line(text) {
      stream.write(`${clear}${visible(text)}\n`);
    },
    end() {
      if (isTerminal) stream.write(clear);
    },
  };
}
