import { OverparamError } from '@overparam/errors';
import { hold, type Lock } from './hold';
import { type ProcessIdentity, randomId, shareProcessIds } from './identity';
import { look, place, replace, type Standing } from './place';
import type { LockRecord } from './record';
import { type LockSurroundings, realSurroundings } from './surroundings';
import { Watch } from './watch';

/** Whoever holds a lock. */
export interface LockHolder extends ProcessIdentity {
  /** Whether it is a process that this one can see: on this machine, and in the same container. */
  readonly visible: boolean;
}

/** What a wait is for. */
export interface LockWait {
  /** Null where the lock is damaged. */
  readonly holder: LockHolder | null;
  /**
   * Milliseconds without a sign of life after which the lock is taken over; null where the holder is known to live, so
   * that its end is waited for.
   */
  readonly silence: number | null;
}

/** Options of {@link acquireLock}. */
export interface LockOptions {
  /** `refuse` (the default): throws where somebody else holds the lock; `wait`: until it is free. */
  readonly whenHeld?: 'refuse' | 'wait';
  /**
   * For how long this process may show no sign of life, in milliseconds; ten minutes by default, a day at most. Heartbeats
   * stop while JavaScript computes without a pause, so it has to be well above the longest such time.
   */
  readonly silence?: number;
  /** Told once of each thing that is waited for. */
  readonly waiting?: (wait: LockWait) => void;
  /** The error to throw where the lock is refused; by default an OverparamError `lock-held`. */
  readonly held?: (holder: LockHolder) => Error;
  /** Ends the waiting, with the error of `AbortSignal`. */
  readonly signal?: AbortSignal;
  /** Of this process by default. */
  readonly surroundings?: LockSurroundings;
}

/** Longer than the slowest step of training that was measured takes, by a factor of some. */
const usualSilence = 600_000;
const longestPoll = 250;
/** Milliseconds that a process is given between taking over a lock and writing down who it is. */
const longestChange = 10_000;

/**
 * Takes a lock, which is a folder `path` with one file in it, on this machine or on a shared file system.
 *
 * The holder writes down who it is, and a heartbeat every few seconds. Whoever finds a lock asks whether its holder
 * lives: a process that can be seen (same host, same start of it, same pid namespace) is asked for, and its lock taken
 * over at once if it is dead. Of all others only the heartbeat tells: it is watched, and if it does not change for as
 * long as the holder said that it may be silent, the lock is taken over. Taking over is one renaming, so that one of
 * several wins; the former holder, should it live after all, notices ({@link Lock.lost}).
 *
 * A holder that was stopped for longer than its silence, and goes on, may overlap with the one that took over until
 * its next heartbeat or {@link Lock.check}. What must not suffer from that needs more than a lock.
 *
 * @param path  its folder must exist, on a file system that renames folders in one step, as local ones, NFS and SMB do
 * @throws OverparamError `lock-held`, or what `held` gives; `lock-denied` where it cannot be read or written
 * @example
 * const lock = await acquireLock('runs/a/lock');
 * try {
 *   await train({ signal: lock.lost });
 * } finally {
 *   await lock.release();
 * }
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const { silence = usualSilence, signal, surroundings = realSurroundings() } = options;
  const { identity, now, sleep } = surroundings;
  const record: LockRecord = { ...identity, id: randomId(), beat: 0, silence };
  const poll = Math.min(longestPoll, silence / 20);
  const watch = new Watch(now);
  const tell = teller(options.waiting);
  for (;;) {
    try {
      const standing = await look(path);
      if (standing === null) {
        if (await place(path, record)) return hold(path, record, surroundings);
        continue;
      }
      const wait = judge(standing, watch, silence, surroundings);
      if (wait === 'free') {
        watch.forget();
        if (await replace(path, standing, record)) return hold(path, record, surroundings);
        continue;
      }
      if (wait.lives && options.whenHeld !== 'wait') throw (options.held ?? heldError(path))(wait.holder!);
      tell(standing, wait);
    } catch (error) {
      throw isDenied(error) ? deniedError(path, error) : error;
    }
    await sleep(poll, signal);
  }
}

/**
 * Runs `body` while this process holds a lock, for which it waits; see {@link acquireLock}.
 *
 * @param body  is given the lock
 */
export async function withLock<Result>(
  path: string,
  body: (lock: Lock) => Promise<Result>,
  options: Omit<LockOptions, 'whenHeld' | 'held'> = {},
): Promise<Result> {
  const lock = await acquireLock(path, { ...options, whenHeld: 'wait' });
  try {
    return await body(lock);
  } finally {
    await lock.release();
  }
}

interface Judged extends LockWait {
  /** Whether there was a sign of life. */
  readonly lives: boolean;
}

function judge(
  { record, changing, state }: Standing,
  watch: Watch,
  own: number,
  { identity, stateOf }: LockSurroundings,
): Judged | 'free' {
  const found = record === null ? 'unknown' : stateOf(record);
  if (found === 'dead') return 'free';
  const holder = record && { ...processOf(record), visible: shareProcessIds(record, identity) };
  if (found === 'alive') return { holder, silence: null, lives: true };
  // Whoever took over and is late to write it down finds out then that it has lost the lock.
  const silence = changing ? Math.min(own, longestChange) : (record?.silence ?? own);
  const unchanged = watch.look(state, silence / 10);
  if (unchanged !== null && unchanged >= silence) return 'free';
  // A change of something that is no lock, or of one that just changes hands, is no sign of its holder's life.
  return { holder, silence, lives: unchanged === null && holder !== null };
}

function processOf({ host, boot, pidNamespace, pid, start }: LockRecord): ProcessIdentity {
  return { host, boot, pidNamespace, pid, start };
}

/** Passes on what is waited for when it is another thing than before. */
function teller(waiting: LockOptions['waiting']): (standing: Standing, wait: Judged) => void {
  let told = '';
  return ({ id }, { holder, silence }) => {
    const what = `${id} ${silence}`;
    if (what !== told) waiting?.({ holder, silence });
    told = what;
  };
}

/** The holder of a lock for a person: `process 12`, or `process 12 on "mira"`. */
export function holderText({ pid, host, visible }: LockHolder): string {
  return visible ? `process ${pid}` : `process ${pid} on "${host}"`;
}

function heldError(path: string): (holder: LockHolder) => OverparamError {
  return (holder) =>
    new OverparamError('lock-held', `The lock ${path} is held by ${holderText(holder)}. Wait for it to end.`);
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function deniedError(path: string, cause: unknown): OverparamError {
  return new OverparamError(
    'lock-denied',
    `The lock ${path} cannot be read or written (${(cause as Error).message}). Make its folder yours, or remove the lock ` +
      'if you know that nobody is at work there.',
    { cause },
  );
}
