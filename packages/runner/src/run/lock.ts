import { readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OverparamError } from '@overparam/errors';

/** Who holds a run folder. */
interface Holder {
  readonly pid: number;
  /** When the process started, in the system's own count, or empty where that cannot be known. */
  readonly token: string;
}

/** Start of a process in clock ticks after boot, which tells it from a later one with the same id. */
function startToken(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the name, which stands in brackets and may hold anything; the start is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Whether the process that wrote a lock still runs. */
function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const token = startToken(holder.pid);
  return token === '' || holder.token === '' || token === holder.token;
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return Number.isInteger(value.pid) ? { pid: value.pid!, token: String(value.token ?? '') } : null;
  } catch {
    return null;
  }
}

/**
 * Takes the lock of a run folder; a lock that a dead process left behind does not count.
 *
 * @param folder  must exist
 * @returns       gives the lock back; safe to call twice
 * @throws OverparamError `run-locked` while another process trains into the folder
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock');
  const own = JSON.stringify({ pid: process.pid, token: startToken(process.pid) });
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      await writeFile(file, own, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = await readFile(file, 'utf8').catch(() => '');
    const holder = parseHolder(text);
    if (holder && isAlive(holder)) {
      throw new OverparamError(
        'run-locked',
        `The folder "${basename(folder)}" is in use by process ${holder.pid}. Wait for it, or choose another --out.`,
      );
    }
    await removeStale(file, text);
  }
  throw new OverparamError(
    'run-locked',
    `The lock of folder "${basename(folder)}" could not be taken. Try again.`,
  );
}

/** Removes a dead lock; one that another process has put in its place meanwhile is put back. */
async function removeStale(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, 'utf8')) !== text) await rename(aside, file);
    else await rm(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
