/** Shows how far a run is, on stderr: a bar on a terminal, else a line every ten seconds. */
export interface ProgressView {
  /** @param done  updates done of all, and what is going on in words */
  show(done: number, total: number, text: string): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  /** Removes the bar. */
  end(): void;
}

const barWidth = 24;
const barInterval = 100;
const lineInterval = 10_000;

/** `3:07` or `1:02:45` from seconds. */
export function clockText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `1.8 updates/s, 3:07 left` from what was done since a start; empty before there is a rate. */
export function paceText(done: number, left: number, seconds: number): string {
  if (done === 0 || seconds <= 0) return '';
  const rate = done / seconds;
  const shown = rate >= 10 ? rate.toFixed(0) : rate >= 0.1 ? rate.toFixed(1) : rate.toExponential(1);
  return `${shown} updates/s, ${clockText(left / rate)} left`;
}

/**
 * @param stream  where to, stderr as a rule
 * @param now     milliseconds
 */
export function createProgressView(
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>,
  now: () => number = () => performance.now(),
): ProgressView {
  let start: { readonly done: number; readonly at: number } | null = null;
  let last = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (stream.isTTY) stream.write('\r\u001B[K');
  };
  return {
    show(done, total, text) {
      // Counted from the second update: the first one compiles.
      start ??= { done, at: now() };
      const finished = done === total;
      if (now() - last < (stream.isTTY ? barInterval : lineInterval) && !finished) return;
      last = now();
      const pace = paceText(done - start.done, total - done, (now() - start.at) / 1000);
      const filled = Math.round((barWidth * done) / total);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
      const parts = [`${done}/${total}`, text, pace].filter((part) => part !== '').join('  ');
      if (stream.isTTY) {
        clear();
        stream.write(`${bar} ${parts}`.slice(0, (stream.columns || 80) - 1));
      } else {
        stream.write(`${parts}\n`);
      }
    },
    line(text) {
      clear();
      stream.write(`${text}\n`);
    },
    end: clear,
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
  let next = now() + 2000;
  return (what, done, total, name) => {
    if (now() < next) return;
    next = now() + lineInterval;
    line(`${what}: ${done} of ${total} (${name})`);
  };
}

/**
 * Shows work on data, such as a download or unpacking, on stderr: on a terminal one line that changes, else a
 * line every ten seconds.
 *
 * @returns takes bytes or examples done of all, and what is going on
 */
export function showWork(
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  now: () => number = () => performance.now(),
): (done: number, total: number, what: string) => void {
  const started = now();
  let last = { at: Number.NEGATIVE_INFINITY, what: '', done: -1 };
  return (done, total, what) => {
    const ended = done === total;
    const repeated = ended && last.what === what && last.done === done;
    if (repeated || (!ended && now() - last.at < (stream.isTTY ? 2 * barInterval : lineInterval))) return;
    last = { at: now(), what, done };
    const share =
      total > 0 ? `${Math.floor((100 * done) / total)} % of ${(total / 1e6).toFixed(1)} M` : `${done}`;
    const left =
      done > 0 && !ended ? `, ${clockText(((total - done) / done) * ((now() - started) / 1000))} left` : '';
    stream.write(
      `${stream.isTTY ? '\r\u001B[K' : ''}${what}: ${share}${left}${stream.isTTY && !ended ? '' : '\n'}`,
    );
  };
}
