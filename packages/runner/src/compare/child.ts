import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childMark, type RunMessage } from './parent-link';
import type { Outcome } from './pool';

/** How to start the command line again: Node, its options, and the file that is running. */
export interface CommandLine {
  readonly file: string;
  readonly prefix: readonly string[];
}

/** Node's options of this process; none where they say what to run, as `--eval` does, which a child must not run again. */
function inheritedOptions(): readonly string[] {
  const saysWhatToRun = /^(?:-[epc]|-pe|--(?:eval|print|check|input-type|test|watch|inspect)\b)/;
  return process.execArgv.some((option) => saysWhatToRun.test(option)) ? [] : process.execArgv;
}

/** This package's command line, built, or from source through this process's loader, whatever this process runs. */
export function ownCommandLine(): CommandLine {
  const own = import.meta.url;
  const entry = new URL(own.endsWith('.ts') ? '../cli.ts' : './cli.js', own);
  return { file: process.execPath, prefix: [...inheritedOptions(), fileURLToPath(entry)] };
}

/** One run in a process of its own. */
export interface ChildRun {
  readonly command: CommandLine;
  readonly arguments: readonly string[];
  onProgress(done: number, total: number): void;
  /** What it does before its first update, where that takes long. */
  onWork(text: string): void;
  readonly signal: AbortSignal;
  /** Milliseconds that a stopped run has to end by itself; 10,000 where absent. */
  readonly grace?: number;
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
    let error: string | null = null;
    let kill: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
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
    });
    child.on('message', (message) => {
      if (!isRunMessage(message)) return;
      if (message.type === 'progress') run.onProgress(message.done, message.total);
      else if (message.type === 'work') run.onWork(message.text);
      else error = message.message;
    });
    child.on('error', (cause) =>
      end({ kind: 'failed', message: `The run could not be started: ${cause.message}` }),
    );
    child.on('close', (code, signal) => {
      if (code === 0) end({ kind: 'finished' });
      else if (run.signal.aborted) end({ kind: 'stopped' });
      else end({ kind: 'failed', message: error ?? reason(said, code, signal) });
    });
  });
}
