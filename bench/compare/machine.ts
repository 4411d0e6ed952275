import { cpus } from 'node:os';

/** Processor time that all processes have used since the machine started, in milliseconds over all cores. */
function usedTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/**
 * Begins to watch the machine.
 *
 * @returns  takes the processor time, in milliseconds, of the process that is measured, and gives the share of all cores,
 *   0 to 1, that others used since
 */
export function watchMachine(): (own: number) => number {
  const [time, used] = [performance.now(), usedTime()];
  return (own) => {
    const available = (performance.now() - time) * cpus().length;
    return Math.max(0, usedTime() - used - own) / available;
  };
}
