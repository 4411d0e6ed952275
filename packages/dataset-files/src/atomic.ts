import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Keeps `bytes` as `folder/name`, whole or not at all. Where the folder is marked read-only or cannot be
 * written it does nothing: what is kept is a convenience.
 *
 * @returns whether the file was written
 */
export async function writeBeside(folder: string, name: string, bytes: Uint8Array): Promise<boolean> {
  // Permission bits do not stop a superuser, but a folder marked read-only is meant to stay as it is.
  const { mode } = await stat(folder);
  if ((mode & 0o222) === 0) return false;
  const target = join(folder, name);
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, target);
    return true;
  } catch {
    await rm(unfinished, { force: true }).catch(() => {});
    return false;
  }
}
