import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from './atomic';

/**
 * Whether files can and may be made in a folder: not on a file system that is read-only, nor where the folder is
 * another user's. Permission bits do not stop a superuser, but a folder marked read-only is meant to stay as it is.
 *
 * @returns false also where there is no such folder
 */
export async function isWritableFolder(folder: string): Promise<boolean> {
  const info = await stat(folder).catch(() => null);
  if (info === null || !info.isDirectory() || (info.mode & 0o222) === 0) return false;
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Keeps `bytes` as `folder/name`, whole or not at all, for another time. Where the folder may not be written, or its
 * disk is full, it does nothing: what is kept is a convenience.
 *
 * @returns whether the file was written
 */
export async function keepFile(folder: string, name: string, bytes: Uint8Array): Promise<boolean> {
  if (!(await isWritableFolder(folder))) return false;
  return writeFileAtomic(join(folder, name), bytes).then(
    () => true,
    () => false,
  );
}
