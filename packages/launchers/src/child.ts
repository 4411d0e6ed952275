import { spawn } from 'node:child_process';
import type { Outcome } from './outcome';
import { childMark, type RunMessage } from './parent-link';

/** How to start the command line again: Node, its options, and the file that is running. */
export interface CommandLine {
  readonly file: string;
  readonly prefix: readonly string[];
}

/** One run in a process of its own. */
export interface ChildRun {
  readonly command: CommandLine;
  readonly arguments: readonly string[];
  /** Updates that it has done, of all. */
  onProgress(done: number, total: number): void;
  /** What it does before its first update, where that takes long. */
  onWork(text: string): void;
  readonly signal: AbortSignal;
  /** Milliseconds that a stopped run has to end by itself; 10,000 where absent. */
  readonly grace?: number;
  /**
   * How it is told to stop: by a signal, as where absent, or by the end of its channel, where a scheduler may send it signals
   * as well: a second one would end it before its state is saved.
   */
  readonly stopBy?: 'signal' | 'channel';
  /** What it writes on its standard error. */
  onSaid?(text: string): void;
}

const keptCharacters = 4000;

function isRunMessage(value: unknown): value is RunMessage {
  const type = (value as { type?: unknown } | null)?.type;
  return type === 'progress' || type === 'work' || type === 'error';
}

/** What a process wrote last, where it gave no better reason: the line of its error, or its last lines. */
function reason(stderr: string, code: number | null, signal: string | null): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^at |^Node\.js v|^[{}^]|^code: /.test(line));
  const error = lines.findLast((line) => /^(?:\w*Error\b|Fatal|FATAL)/.test(line));
  const last = error ?? lines.slice(-3).join(' ');
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return last === '' ? `The run ended with ${end} and said nothing.` : `${last} (${end})`;
}

/**
 * Trains one run in a child process and waits for its end.
 *
 * The child stands in a process group of its own, so that Ctrl-C reaches it once and through this function: first
 * a request to stop (SIGTERM), then SIGKILL after the time of grace.
 */
export function trainInChild(run: ChildRun): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(run.command.file, [...run.command.prefix, ...run.arguments], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, [childMark]: '1' },
      detached: process.platform !== 'win32',
    });
    let said = '';
    let error: { readonly message: string; readonly code?: string } | null = null;
    let kill: NodeJS.Timeout | undefined;
    const stop = () => {
      if (run.stopBy !== 'channel') child.kill('SIGTERM');
      else if (child.connected) child.disconnect();
      kill = setTimeout(() => child.kill('SIGKILL'), run.grace ?? 10_000);
    };
    if (run.signal.aborted) stop();
    else run.signal.addEventListener('abort', stop, { once: true });
    const end = (outcome: Outcome) => {
      clearTimeout(kill);
      run.signal.removeEventListener('abort', stop);
      resolve(outcome);
    };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptCharacters);
      run.onSaid?.(text);
    });
    child.on('message', (message) => {
      if (!isRunMessage(message)) return;
      if (message.type === 'progress') run.onProgress(message.done, message.total);
      else if (message.type === 'work') run.onWork(message.text);
      else error = { message: message.message, ...(message.code !== undefined && { code: message.code }) };
    });
    child.on('error', (cause) =>
      end({ kind: 'failed', message: `The run could not be started: ${cause.message}` }),
    );
    const close = (code: number | null, signal: string | null) => {
      if (code === 0) end({ kind: 'finished' });
      else if (run.signal.aborted) end({ kind: 'stopped' });
      else end({ kind: 'failed', ...(error ?? { message: reason(said, code, signal) }) });
    };
    child.on('close', close);
    // Node tells of no closing where this side ended the channel.
    child.on('exit', (code, signal) => {
      if (run.stopBy !== 'channel' || !run.signal.aborted) return;
      if (child.stderr?.closed === false) child.stderr.once('close', () => close(code, signal));
      else close(code, signal);
    });
  });
}
