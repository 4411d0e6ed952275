import { availableParallelism } from 'node:os';
import { type Cluster, joinWorkers } from '@overparam/engine-tensorflow';
import { OverparamError } from '@overparam/errors';
import { childMark, parentLink, type RunMessage } from '@overparam/launchers';
import { clusterOf, launchWorkers, waitForWorkers } from '@overparam/workers';
import { ownCommandLine } from '../compare/own-command-line';
import type { Invocation } from './invocation';

/** Options of commands that train with several workers. */
export interface WorkerArguments {
  readonly workers?: string;
  readonly 'worker-deadline'?: string;
  readonly 'worker-wait'?: string;
}

/** Set for processes that a launcher looks after. */
const workerMark = 'OVERPARAM_WORKER';

function wholeNumber(given: string | undefined, option: string, usual: number): number {
  if (given === undefined) return usual;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value <= 86_400) return value;
  throw new OverparamError(
    'invalid-option',
    `--${option} is "${given}"; expected a whole number from 1 to 86400.`,
  );
}

/** Workers that `--workers` asks for; 1 where it is left out. @throws OverparamError `invalid-option` */
export function workersOf({ workers }: WorkerArguments): number {
  return wholeNumber(workers, 'workers', 1);
}

/**
 * Trains by workers where the command line or the environment asks for several: starts those of this machine, looks after them, and
 * gives the exit code. Null where this process trains by itself, or is such a worker.
 */
export async function launched(
  args: WorkerArguments,
  { signal, output, rawArguments }: Invocation,
): Promise<number | null> {
  const { env } = process;
  if (env[workerMark] !== undefined) return null;
  const count = workersOf(args);
  // A comparison starts its runs itself, and its environment is not meant for each of them.
  const cluster = env[childMark] === undefined ? clusterOf(env) : null;
  if (cluster !== null && count > 1 && count !== cluster.workers.length) {
    throw new OverparamError(
      'invalid-option',
      `--workers ${count} was given, and the environment lists ${cluster.workers.length} workers. Leave one of them out.`,
    );
  }
  const workers = cluster ?? (count > 1 ? count : null);
  if (workers === null) return null;
  const here = typeof workers === 'number' ? workers : 1;
  const threads = env.OVERPARAM_THREADS ?? String(Math.max(1, Math.floor(availableParallelism() / here)));
  // A comparison's, which started this one for one of its runs.
  const link = parentLink();
  return launchWorkers({
    command: ownCommandLine(),
    arguments: rawArguments,
    again: ['--resume'],
    workers,
    env: { ...env, [workerMark]: '1', [childMark]: '1', OVERPARAM_THREADS: threads },
    signal: link ? AbortSignal.any([signal, link.signal]) : signal,
    onNote: (text) => output.say(text),
    onMessage: (message) => void link?.send(message as RunMessage),
    onFailure: (failure) => link?.send({ type: 'error', ...failure }),
  });
}

/** The cluster that this process is a worker of, which it joins before TensorFlow starts; null for none. */
export async function joinedCluster(args: WorkerArguments): Promise<Cluster | null> {
  if (process.env[workerMark] === undefined) return null;
  const cluster = clusterOf(process.env)!;
  await joinWorkers({ ...cluster, deadline: wholeNumber(args['worker-deadline'], 'worker-deadline', 300) });
  return cluster;
}

/**
 * Waits for the other workers of a cluster, once the engine runs.
 *
 * @throws OverparamError `worker-missing`; `workers-unsupported` on another engine
 */
export async function meetWorkers(
  cluster: Cluster,
  engine: string,
  args: WorkerArguments,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<void> {
  if (engine !== 'tensorflow') {
    throw new OverparamError(
      'workers-unsupported',
      `Several workers sum by TensorFlow's library, and the engine here is "${engine}". Install it (overparam engine install), or train with one worker.`,
    );
  }
  await waitForWorkers(cluster, wholeNumber(args['worker-wait'], 'worker-wait', 300), {
    signal,
    onWait: (missing) => note(`waiting for ${missing.join(', ')}`),
  });
}
