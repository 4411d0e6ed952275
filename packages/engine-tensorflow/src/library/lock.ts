import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often the holder shows that it lives, and after how long without that it counts as dead; milliseconds. */
const beat = 2_000;
const patience = 30_000;

interface Owner {
  readonly process: number;
  readonly host: string;
}

/** Options of {@link withLock}. */
export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once where another process holds the lock, with its id. */
  readonly waiting?: (owner: number | null) => void;
}

async function ownerOf(file: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

function alive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // A process of another user answers so, and is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether nobody holds the lock any more: its process is gone, or (on another machine) shows no life. */
async function abandoned(file: string, owner: Owner | null): Promise<boolean> {
  if (owner !== null && owner.host === hostname() && !alive(owner.process)) return true;
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > patience;
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify({ process: process.pid, host: hostname() } satisfies Owner));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Runs `body` while this process holds a lock file; waits while another one holds it, and takes it over from one
 * that died. It saves double work and no more: what it guards has to be right without it, since a process that was
 * stopped for long and then goes on has lost its lock.
 */
export async function withLock<Result>(
  file: string,
  body: () => Promise<Result>,
  { signal, waiting }: LockOptions = {},
): Promise<Result> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await take(file))) {
    signal?.throwIfAborted();
    const owner = await ownerOf(file);
    if (await abandoned(file, owner)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) waiting?.(owner?.process ?? null);
    told = true;
    await sleep(200, undefined, { signal });
  }
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, beat);
  timer.unref();
  try {
    return await body();
  } finally {
    clearInterval(timer);
    // Only our own: another process may have taken it over meanwhile.
    const owner = await ownerOf(file);
    if (owner?.process === process.pid && owner.host === hostname()) await rm(file, { force: true });
  }
}
