import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { ownIdentity, type ProcessIdentity, randomId, stateOf } from '../../src/lock/identity';
import { type LockRecord, recordText } from '../../src/lock/record';
import type { LockSurroundings } from '../../src/lock/surroundings';

/** A path for a lock, in an empty folder that is removed with the test. */
export async function lockPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-lock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'lock');
}

/** A process of another container on another machine. */
export const elsewhere: ProcessIdentity = {
  host: 'other',
  boot: 'b2a5b4f0-0000-4000-8000-000000000000',
  pidNamespace: 'pid:[4026532999]',
  pid: 17,
  start: '4711',
};

/** Surroundings with a clock that goes forward only by sleeping, so that long waits pass at once. */
export function fakeSurroundings(step: () => Promise<void> = async () => {}) {
  const clock = { now: 1000 };
  const identity = ownIdentity();
  const surroundings: LockSurroundings = {
    identity,
    stateOf: (other) => stateOf(other, identity),
    now: () => clock.now,
    async sleep(milliseconds, signal) {
      clock.now += milliseconds;
      await step();
      signal?.throwIfAborted();
    },
  };
  return { surroundings, waited: () => clock.now - 1000 };
}

/** A record of a process elsewhere, but for what is given. */
export function recordOf(given: Partial<LockRecord> = {}): LockRecord {
  return { ...elsewhere, id: randomId(), beat: 3, silence: 60_000, ...given };
}

/** A record of a process of this machine and container that is dead: its id is this one's, its start another. */
export function deadRecord(): LockRecord {
  return recordOf({ ...ownIdentity(), start: '1' });
}

/** Puts a lock there as another process would have left it. */
export async function leaveLock(path: string, record: LockRecord): Promise<void> {
  await mkdir(path);
  await writeFile(join(path, record.id), recordText(record));
}

/** How Node runs the source of this package. */
export const fromSource: readonly string[] = ['--conditions=@overparam/source', '--import', 'tsx'];

/** The package's folder. */
export const packageFolder: string = fileURLToPath(new URL('../..', import.meta.url));

/** Starts `contender.ts` in a process of its own. */
export function contender(...given: string[]) {
  const file = fileURLToPath(new URL('./contender.ts', import.meta.url));
  const child = spawn(process.execPath, [...fromSource, file, ...given], {
    cwd: packageFolder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { child, ended, said: () => said };
}
