import { rmdirSync, unlinkSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { idPattern, type LockRecord, parseRecord, recordText } from './record';

// A lock is a folder with one file, whose name is the holder's random id. So every change of hands is one renaming or
// removal of a name that exists once: of several processes that try, the file system lets one succeed, and nobody can
// remove or overwrite a lock other than the one that was looked at.

/** What stands where a lock would be. */
export interface Standing {
  /** The file that is to be renamed by whoever takes over; null where there is none. */
  readonly id: string | null;
  /** Null where what stands there is damaged, or just changes hands. */
  readonly record: LockRecord | null;
  /** Whether a process has taken over and not yet written who it is, which takes a moment, or was killed then. */
  readonly changing: boolean;
  /** Files that do not belong to a lock. */
  readonly others: readonly string[];
  /** Another one after each heartbeat and change of hands. */
  readonly state: string;
}

/** Codes of errors that say that a name is not there, the last one over a network. */
const missing: readonly string[] = ['ENOENT', 'ENOTDIR', 'ESTALE'];

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether the lock `id` is at `path`. @throws what the file system throws, but for a file that is not there */
export async function isPlaced(path: string, id: string): Promise<boolean> {
  try {
    await stat(join(path, id));
    return true;
  } catch (error) {
    if (missing.includes(codeOf(error))) return false;
    throw error;
  }
}

/** Looks at a lock. @returns null where there is none @throws where it cannot be read: then nothing is known of it */
export async function look(path: string): Promise<Standing | null> {
  let names: string[];
  try {
    names = (await readdir(path)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    // Something else of that name, such as the lock of another program.
    if (codeOf(error) === 'ENOTDIR')
      return { id: null, record: null, changing: false, others: [], state: await textOf(path) };
    throw error;
  }
  if (names.length === 0) return null;
  const ids = names.filter((name) => idPattern.test(name));
  const texts = await Promise.all(ids.map((id) => textOf(join(path, id))));
  const id = ids[0] ?? null;
  const record = ids.length === 1 ? parseRecord(texts[0]!) : null;
  return {
    id,
    record: record?.id === id ? record : null,
    changing: record !== null && record.id !== id,
    others: names.filter((name) => name !== id),
    state: JSON.stringify([names, texts]),
  };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (missing.includes(codeOf(error))) return codeOf(error);
    throw error;
  }
}

/**
 * Puts a lock where none is: a folder that is complete gets the name.
 *
 * @returns false where another process was first
 */
export async function place(path: string, record: LockRecord): Promise<boolean> {
  const prepared = join(dirname(path), `.${basename(path).replace(/^\.+/, '')}.${record.id}`);
  await mkdir(prepared);
  try {
    const file = await open(join(prepared, record.id), 'wx');
    await file.writeFile(recordText(record));
    await file.close();
    // Elsewhere renaming takes the place of an empty folder, which a holder leaves behind for a moment.
    if (process.platform === 'win32') await rmdir(path).catch(ignoreTaken);
    await rename(prepared, path);
    return true;
  } catch (error) {
    // Over a network, an answer may be lost after the work was done.
    if (await exists(join(path, record.id))) return true;
    await rm(prepared, { recursive: true, force: true });
    ignoreTaken(error);
    return false;
  }
}

/** Writes a holder's record anew. @returns false where the lock is not there any more */
export async function write(path: string, record: LockRecord): Promise<boolean> {
  try {
    // Opened anew each time: over a network, closing is what makes others see it.
    const file = await open(join(path, record.id), 'r+');
    try {
      const bytes = Buffer.from(recordText(record));
      await file.write(bytes, 0, bytes.length, 0);
      await file.truncate(bytes.length);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (missing.includes(codeOf(error))) return false;
    throw error;
  }
}

/**
 * Takes the place of a lock that was given up.
 *
 * @returns false where another process was first, or the place is only free now
 */
export async function replace(path: string, given: Standing, record: LockRecord): Promise<boolean> {
  if (given.id === null) {
    await clear(path, given.others);
    return false;
  }
  try {
    await rename(join(path, given.id), join(path, record.id));
  } catch (error) {
    if (!missing.includes(codeOf(error))) throw error;
    if (!(await exists(join(path, record.id)))) return false;
  }
  for (const name of given.others) await unlink(join(path, name)).catch(ignoreTaken);
  return write(path, record);
}

/** Removes what is no lock of this form. A lock that comes meanwhile stays: it is a folder, and not empty. */
async function clear(path: string, names: readonly string[]): Promise<void> {
  for (const name of names) await unlink(join(path, name)).catch(ignoreTaken);
  const isFile = await stat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  );
  await (isFile ? unlink(path) : rmdir(path)).catch(ignoreTaken);
}

/** Gives a lock back; nothing happens where another process has it by now. */
export async function remove(path: string, id: string): Promise<void> {
  await unlink(join(path, id)).catch(ignoreTaken);
  await rmdir(path).catch(ignoreTaken);
}

/** Passes over errors that say that another process was first. */
function ignoreTaken(error: unknown): void {
  const code = codeOf(error);
  const taken = [...missing, 'ENOTEMPTY', 'EEXIST', 'EISDIR'];
  // These systems have no codes of their own for a folder that is not empty, or not a file.
  if (process.platform === 'win32') taken.push('EPERM', 'EACCES', 'EBUSY');
  if (process.platform === 'darwin') taken.push('EPERM');
  if (!taken.includes(code)) throw error;
}

/** {@link remove} for a process that ends: without waiting, and without complaint. */
export function removeNow(path: string, id: string): void {
  try {
    unlinkSync(join(path, id));
    rmdirSync(path);
  } catch {
    // Somebody else's, or somebody else was quicker.
  }
}
