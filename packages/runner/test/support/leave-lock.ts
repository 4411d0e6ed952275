import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock } from '@overparam/files';

/** Leaves the lock of another process of this machine in a folder, as if it had not given it back. */
export async function leaveLock(
  folder: string,
  other: { readonly pid?: number; readonly start?: string },
): Promise<void> {
  const lock = await acquireLock(join(folder, 'lock'));
  const file = join(lock.path, readdirSync(lock.path)[0]!);
  const record = JSON.parse(readFileSync(file, 'utf8'));
  await lock.release();
  mkdirSync(lock.path);
  writeFileSync(file, JSON.stringify({ ...record, ...other }));
}
