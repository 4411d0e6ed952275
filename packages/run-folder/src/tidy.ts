import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockFolderOptions } from './lock';
import { lockFolder } from './lock';

/** Folders of a run and of a comparison that files are written into, those of single tasks aside. */
const written = ['.', 'checkpoints', 'final', join('final', 'panels'), 'collapsed', 'configs'];

/** A file that was being written, and a lock that was being placed, when their process was killed. */
const fragment = /^\.(?:.+\.[0-9a-f]{12}\.part|lock\.[0-9a-f]{32})$/;

/**
 * Removes what a killed process was writing in the folder of a run or a comparison. Call it under the folder's lock: a
 * lock that another process is just placing is placed again by it.
 */
export async function removeFragments(folder: string): Promise<void> {
  const networks = await foldersIn(join(folder, 'collapsed'));
  for (const place of [...written, ...networks.map((name) => join('collapsed', name))]) {
    const path = join(folder, place);
    if (!existsSync(path)) continue;
    for (const name of await readdir(path)) {
      if (fragment.test(name)) await rm(join(path, name), { recursive: true, force: true });
    }
  }
}

async function foldersIn(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Removes the lock and the fragments that a process left in the folder of a finished run when it was killed. */
export async function tidyFinished(folder: string, options: LockFolderOptions): Promise<void> {
  const names = await readdir(folder);
  if (!names.some((name) => name === 'lock' || fragment.test(name))) return;
  const lock = await lockFolder(folder, options);
  try {
    await removeFragments(folder);
  } finally {
    await lock.release();
  }
}
