import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Physical cores named by Linux's `/proc/cpuinfo`: pairs of package and core, so that two threads of one core
 * count once. 0 where the text does not say.
 */
export function coresOf(cpuinfo: string): number {
  const cores = new Set<string>();
  for (const block of cpuinfo.split(/\n\s*\n/)) {
    const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(\\d+)`, 'm').exec(block)?.[1];
    const core = field('core id');
    if (core !== undefined) cores.add(`${field('physical id') ?? '0'}/${core}`);
  }
  return cores.size;
}

/** Physical cores that this process may use; threads where the system does not tell cores apart. */
export function physicalCores(): number {
  const threads = availableParallelism();
  try {
    const cores = coresOf(readFileSync('/proc/cpuinfo', 'utf8'));
    return cores > 0 ? Math.min(cores, threads) : threads;
  } catch {
    return threads;
  }
}

/**
 * How many runs go at once where nobody says: as many as the cores carry with the threads that each run has. It
 * never changes a run's threads, as these are part of what the run computes.
 *
 * @param threads  of one process; null where the engine takes the whole machine
 * @param workers  processes of one run
 */
export function runsAtOnce(jobs: number, cores: number, threads: number | null, workers = 1): number {
  const room = threads === null ? 1 : Math.floor(cores / (threads * workers));
  return Math.max(1, Math.min(jobs, room));
}
