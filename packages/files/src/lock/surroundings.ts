import { setTimeout as sleep } from 'node:timers/promises';
import { ownIdentity, type ProcessIdentity, type ProcessState, stateOf } from './identity';

/** What a lock knows of the process, the machine and the time; a test gives its own. */
export interface LockSurroundings {
  readonly identity: ProcessIdentity;
  /** Whether another process lives. */
  stateOf(other: ProcessIdentity): ProcessState;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Waits, until the signal aborts at the longest. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Those of this process. */
export function realSurroundings(): LockSurroundings {
  return {
    identity: ownIdentity(),
    stateOf: (other) => stateOf(other),
    now: () => performance.now(),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  };
}
