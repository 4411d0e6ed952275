import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';

/**
 * Writes a file so that whoever reads it sees the old contents or the new ones, never part of either, even if
 * the machine stops in between: a file beside it is written, flushed to the disk and given the name. A process
 * that is killed meanwhile leaves that file, `.<name>.<random>.part`.
 *
 * @param contents  the new contents, or a function that writes them piece by piece
 * @returns         what the function returned
 * @throws          OverparamError `not-a-folder` where no file can be made there, and what the file system or the
 *   function throws; the file beside it is removed
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
  const unfinished = nameBeside(path);
  let result: Result | undefined;
  try {
    const file = await openNew(unfinished, path);
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
  await syncFolder(dirname(path));
  return result;
}

/**
 * Makes the folder of a file that is to be written after long work, and sees that a file can be made there. Nothing
 * is left but the folder.
 *
 * @throws OverparamError `not-a-folder`, and what the file system throws
 */
export async function prepareToWrite(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = nameBeside(path);
  const file = await openNew(unfinished, path);
  await file.close();
  await rm(unfinished, { force: true });
}

const nameBeside = (path: string) =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);

/** File systems that hold what a kernel tells, and no files, answer that what is to be made is not there. */
async function openNew(unfinished: string, path: string): Promise<FileHandle> {
  return open(unfinished, 'wx').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new OverparamError(
      'not-a-folder',
      `"${path}" could not be written: no file can be made in "${dirname(path)}" (ENOENT). Choose another folder.`,
      { cause },
    );
  });
}

/** Makes the new name last. Not every system lets a folder be opened; there the file system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
