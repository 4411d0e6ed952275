import { OverparamError } from '@overparam/errors';
import { isPlaced, remove, removeNow, write } from './place';
import type { LockRecord } from './record';
import type { LockSurroundings } from './surroundings';

/** A lock that this process holds. */
export interface Lock {
  readonly path: string;
  /**
   * Aborted once the lock is found to be another process's, or gone; its reason is an OverparamError `lock-lost`.
   * That is found out with a heartbeat, so some seconds late, and not while the process computes without a pause.
   */
  readonly lost: AbortSignal;
  /** Looks now. @throws OverparamError `lock-lost` */
  check(): Promise<void>;
  /** Gives the lock back; safe to call twice, and after it was lost. */
  release(): Promise<void>;
}

/** Milliseconds between heartbeats. */
const usualBeat = 5_000;

/** Keeps a lock that was just taken alive by heartbeats; they do not keep the process alive. */
export function hold(path: string, record: LockRecord, { now }: Pick<LockSurroundings, 'now'>): Lock {
  const controller = new AbortController();
  let beats = record.beat;
  let written = now();
  let beating: Promise<void> | null = null;
  let released = false;

  const end = () => {
    clearInterval(timer);
    process.off('exit', leave);
  };
  const lose = () => {
    end();
    if (!released && !controller.signal.aborted) controller.abort(lostError(path, record));
  };
  const beat = async () => {
    try {
      beats += 1;
      if (await write(path, { ...record, beat: beats })) written = now();
      else lose();
    } catch {
      // The file system fails for a while. When others may have given this process up, it has to do so too.
      if (now() - written > record.silence) lose();
    }
    beating = null;
  };
  const interval = Math.min(usualBeat, record.silence / 6);
  let waiting = 0;
  const timer = setInterval(() => {
    if (beating === null) {
      waiting = 0;
      beating = beat();
    } else {
      // Counted, not timed: after a long computation this is called before the file system's answer is.
      waiting += interval;
      if (waiting > record.silence) lose();
    }
  }, interval);
  timer.unref();
  // A process that ends without giving the lock back: others need not wait. One that is killed does not come here.
  const leave = () => removeNow(path, record.id);
  process.on('exit', leave);

  return {
    path,
    lost: controller.signal,
    async check() {
      if (!released && !(await isPlaced(path, record.id))) lose();
      controller.signal.throwIfAborted();
    },
    async release() {
      if (released) return;
      released = true;
      end();
      await beating;
      await remove(path, record.id);
    },
  };
}

function lostError(path: string, { silence }: LockRecord): OverparamError {
  return new OverparamError(
    'lock-lost',
    `The lock ${path} is not this process's any more: it was removed, or another process took it over after seeing no ` +
      `sign of life for ${Math.round(silence / 1000)} s. Nothing more is written; see what the other process does.`,
  );
}
