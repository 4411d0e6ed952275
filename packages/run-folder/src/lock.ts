import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { acquireLock, holderText, type Lock } from '@overparam/files';
import { ownFileProblem } from './file-problem';

/** Milliseconds that a run of an earlier start of a comparison is given to save its state and end. */
export const orphanPatience = 60_000;

/** How {@link lockFolder} waits, where it takes time to see whether a process of another machine or container lives. */
export interface LockFolderOptions {
  /** Told what is waited for. */
  readonly note?: (text: string) => void;
  readonly signal?: AbortSignal;
  /**
   * Milliseconds that a process at work in the folder is waited for; none where left out. The runs of a comparison that was
   * killed save their state before they end.
   */
  readonly patience?: number;
}

/**
 * Takes the lock of the folder of a run or a comparison; one that a dead process left behind does not count.
 *
 * @param folder  must exist
 * @throws OverparamError `run-locked` while another process works in the folder, `interrupted` by the signal
 */
export async function lockFolder(
  folder: string,
  { patience = 0, ...options }: LockFolderOptions = {},
): Promise<Lock> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await lockOnce(folder, options);
    } catch (error) {
      const isHeld = isOverparamError(error) && error.code === 'run-locked';
      if (!isHeld || performance.now() >= end) throw error;
      if (options.signal?.aborted) throw interruption(folder);
    }
    await sleep(250, undefined, { signal: options.signal }).catch(() => {});
  }
}

async function lockOnce(folder: string, { note, signal }: LockFolderOptions): Promise<Lock> {
  const name = basename(folder);
  const path = join(folder, 'lock');
  try {
    return await acquireLock(path, {
      signal,
      waiting({ holder, silence }) {
        const whose = holder
          ? `is that of ${holderText(holder)}, which cannot be seen from here`
          : 'is damaged';
        note?.(
          `The lock of the folder "${name}" ${whose}. If it shows no sign of life for ${Math.round(silence! / 1000)} s, it is ` +
            `taken over. If you know that nobody is at work there, remove ${path}.`,
        );
      },
      held: (holder) =>
        new OverparamError(
          'run-locked',
          `The folder "${name}" is in use by ${holderText(holder)}. Wait for it, or choose another --out.`,
        ),
    });
  } catch (error) {
    const isDenied = isOverparamError(error) && error.code === 'lock-denied' && !existsSync(path);
    // Not the lock is in the way, but the folder cannot be written.
    if (isDenied) throw ownFileProblem(error.cause, folder);
    if (!signal?.aborted || isOverparamError(error)) throw error;
    throw interruption(folder);
  }
}

function interruption(folder: string): OverparamError {
  return new OverparamError(
    'interrupted',
    `Stopped while waiting for the folder "${basename(folder)}"; nothing was done.`,
  );
}
