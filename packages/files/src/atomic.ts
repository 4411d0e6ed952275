import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file so that whoever reads it sees the old contents or the new ones, never part of either, even if
 * the machine stops in between: a file beside it is written, flushed to the disk and given the name. A process
 * that is killed meanwhile leaves that file, `.<name>.<random>.part`.
 *
 * @param contents  the new contents, or a function that writes them piece by piece
 * @returns         what the function returned
 * @throws          what the file system or the function throws; the file beside it is removed
 * @example
 * await writeFileAtomic('state.json', '{}');
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void>;
export async function writeFileAtomic<Result>(
  path: string,
  contents: (file: FileHandle) => Promise<Result>,
): Promise<Result>;
export async function writeFileAtomic<Result>(
  path: string,
  contents: Uint8Array | string | ((file: FileHandle) => Promise<Result>),
): Promise<Result | undefined> {
  const folder = dirname(path);
  const unfinished = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  let result: Result | undefined;
  try {
    const file = await open(unfinished, 'wx');
    try {
      if (typeof contents === 'function') result = await contents(file);
      else await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(folder);
  return result;
}

/** Makes the new name last. Not every system lets a folder be opened; there the file system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
