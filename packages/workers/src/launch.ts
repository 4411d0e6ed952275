import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Cluster } from '@overparam/engine-tensorflow';
import { lostExitCode } from './exit-code';

/** How workers on this machine are started and looked after. */
export interface LaunchOptions {
  /** Node or another program, and what comes before the arguments. */
  readonly command: { readonly file: string; readonly prefix: readonly string[] };
  readonly arguments: readonly string[];
  /** Added where a worker is started again. */
  readonly again: readonly string[];
  /** Workers on this machine, on ports that are free; or the one that this machine has in a cluster. */
  readonly workers: number | Cluster;
  /** Variables for every worker. */
  readonly env: NodeJS.ProcessEnv;
  /** Stops all workers, which save their state. */
  readonly signal: AbortSignal;
  /** Milliseconds that stopped workers have to end; 60,000 where left out. */
  readonly grace?: number;
  /** Starts again that bring the run no update on, before it is given up; 5 where left out. */
  readonly attempts?: number;
  /** Told what happens to workers. */
  onNote?(text: string): void;
  /** Told what the first worker here sends, but its errors: a worker that is started again has made them good. */
  onMessage?(message: object): void;
  /** Told why the run has failed, by what the worker at fault has sent: a code and a text. */
  onFailure?(error: WorkerFailure): void | Promise<void>;
}

/** What a worker sends before it ends, where it knows why. */
export interface WorkerFailure {
  readonly message: string;
  readonly code?: string;
}

/** How a worker ended. */
interface End {
  readonly index: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const keptCharacters = 8000;

/** Ports of this machine that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The clusters of the workers on this machine, one for each of them. */
async function clustersOf(workers: number | Cluster): Promise<readonly Cluster[]> {
  if (typeof workers !== 'number') return [workers];
  const addresses = (await freePorts(workers)).map((port) => `127.0.0.1:${port}`);
  return addresses.map((_, index) => ({ workers: addresses, index }));
}

/** The variable by which a worker knows its place. */
const placeVariable = ({ workers, index }: Cluster) =>
  JSON.stringify({ cluster: { worker: workers }, task: { type: 'worker', index } });

/** Workers that run at the same time. */
class Group {
  /** Updates that the run has had, as far as any worker has told. */
  done = 0;
  private readonly children: ChildProcess[] = [];
  private readonly said: string[] = [];
  private readonly failures: (WorkerFailure | null)[] = [];
  private readonly places: readonly number[];
  private readonly ends: Promise<End>[] = [];

  constructor(
    clusters: readonly Cluster[],
    { command, env, onMessage }: LaunchOptions,
    rawArguments: readonly string[],
  ) {
    this.places = clusters.map(({ index }) => index);
    for (const [place, cluster] of clusters.entries()) {
      // One worker has the terminal: the first of the run, or the only one here.
      const shown = place === 0;
      const child = spawn(command.file, [...command.prefix, ...rawArguments], {
        stdio: ['ignore', shown ? 'inherit' : 'ignore', shown ? 'inherit' : 'pipe', 'ipc'],
        env: { ...env, TF_CONFIG: placeVariable(cluster) },
        // A group of its own: Ctrl-C comes to it once, through the launcher.
        detached: process.platform !== 'win32',
      });
      this.said.push('');
      this.failures.push(null);
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.said[place] = (this.said[place]! + text).slice(-keptCharacters);
      });
      child.on('message', (message) => {
        const { type, done } = Object(message) as { readonly type?: unknown; readonly done?: unknown };
        if (type === 'progress' && typeof done === 'number') this.done = Math.max(this.done, done);
        if (type === 'error') this.failures[place] = message as WorkerFailure;
        else if (shown) onMessage?.(Object(message));
      });
      this.children.push(child);
      this.ends.push(
        new Promise((resolve) => {
          child.once('error', () => resolve({ index: cluster.index, code: 1, signal: null }));
          child.once('exit', (code, signal) => resolve({ index: cluster.index, code, signal }));
        }),
      );
    }
  }

  kill(signal: NodeJS.Signals): void {
    for (const child of this.children) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    }
  }

  /** What a worker that has no terminal said last. */
  lastWords(index: number): string {
    return this.said[this.places.indexOf(index)]?.trim().split('\n').slice(-3).join('\n') ?? '';
  }

  /** Why a worker failed, where it has said so in a form for programs. */
  failureOf(index: number): WorkerFailure | null {
    return this.failures[this.places.indexOf(index)] ?? null;
  }

  /** All ends; told of each as it comes. */
  async all(onEnd: (end: End) => void): Promise<readonly End[]> {
    return Promise.all(
      this.ends.map(async (end) => {
        onEnd(await end);
        return end;
      }),
    );
  }
}

const isLost = ({ code, signal }: End) => code === lostExitCode || signal !== null;

/** How a worker's end is told. */
function endText({ index, code, signal }: End): string {
  if (signal !== null) return `worker ${index} was ended by ${signal}`;
  return code === lostExitCode
    ? `worker ${index} missed another one`
    : `worker ${index} ended with exit code ${code}`;
}

/**
 * Starts the workers of this machine and waits for their end. Where one is lost, all of them are started again, which go on from the
 * last checkpoint; where one fails for another reason, all end. No worker outlives this.
 *
 * @returns  the exit code for this process: 0, 130 for an interruption, or that of the worker that failed first
 */
export async function launchWorkers(options: LaunchOptions): Promise<number> {
  const { signal, grace = 60_000, attempts = 5, onNote, onFailure } = options;
  let before = -1;
  let vain = 0;
  for (let start = 0; ; start++) {
    const again = start > 0 ? options.again.filter((each) => !options.arguments.includes(each)) : [];
    const group = new Group(await clustersOf(options.workers), options, [...options.arguments, ...again]);
    const timers: NodeJS.Timeout[] = [];
    const stop = () => {
      group.kill('SIGTERM');
      timers.push(setTimeout(() => group.kill('SIGKILL'), grace));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    let first: End | null = null;
    const ends = await group.all((end) => {
      if (end.code === 0) return;
      first ??= end;
      // Another that refuses says so by itself; a sum that waits for this one does not end by itself.
      if (signal.aborted) return;
      // The one that it missed may be ending, for a reason that counts more.
      if (end.signal !== null) group.kill('SIGKILL');
      else timers.push(setTimeout(() => group.kill('SIGKILL'), 3000));
    });
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    if (first === null) return 0;
    const failed = ends.find((end) => end.code !== 0 && !isLost(end)) ?? (first as End);
    if (signal.aborted) return ends.some(({ code }) => code !== 0) ? 130 : 0;
    if (!isLost(failed)) {
      if (failed.index !== 0 && group.lastWords(failed.index) !== '') {
        onNote?.(`${endText(failed)}: ${group.lastWords(failed.index)}`);
      }
      const failure = group.failureOf(failed.index);
      if (failure) await onFailure?.(failure);
      return failed.code ?? 1;
    }
    vain = group.done > before ? 0 : vain + 1;
    before = Math.max(before, group.done);
    if (vain >= attempts) {
      const message = `${endText(failed)}, and ${attempts} starts have brought the run no update on. What was trained is saved; see to that worker's memory and machine, then go on with --resume.`;
      onNote?.(message);
      await onFailure?.({ message, code: 'worker-lost' });
      return 1;
    }
    onNote?.(`${endText(failed)}; all workers go back to the last checkpoint.`);
    // Others, on other machines, may need to notice yet.
    if (vain > 0) await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** vain));
  }
}
