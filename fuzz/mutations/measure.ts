import { readFileSync, writeFileSync } from 'node:fs';

/** What some work took. */
export interface Measured<Value> {
  readonly outcome: { readonly value: Value } | { readonly error: unknown };
  /** By the clock, and of all threads' computing. */
  readonly milliseconds: number;
  readonly computed: number;
  /** Bytes at most in memory beyond those before. */
  readonly bytes: number;
}

/** Bytes by a name of `/proc/self/status`; where there is none, what Node.js tells. */
function statusOf(name: 'VmHWM' | 'VmRSS'): number {
  try {
    return (
      1024 * Number(new RegExp(`${name}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'latin1'))![1])
    );
  } catch {
    return process.memoryUsage().rss;
  }
}

let lowest = Number.POSITIVE_INFINITY;

/** Runs work and measures it; garbage of earlier work is collected before where it is much. */
export async function measured<Value>(work: () => Promise<Value>): Promise<Measured<Value>> {
  if (statusOf('VmRSS') > lowest + 2 ** 25) globalThis.gc?.();
  lowest = Math.min(lowest, statusOf('VmRSS'));
  try {
    // Forgets the most that was in memory.
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not on this system: the memory at the end has to do.
  }
  const before = statusOf('VmRSS');
  const cpu = process.cpuUsage();
  const began = performance.now();
  const outcome = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const milliseconds = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { outcome, milliseconds, computed: (user + system) / 1000, bytes: statusOf('VmHWM') - before };
}

/**
 * Milliseconds that a process has computed, by `/proc`; infinity where there is none, so that the clock alone counts.
 * Of `stat`'s fields those are the 14th and 15th, in hundredths of a second; the second is a name in brackets.
 */
export function processTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
