import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isPlaced, look, place, remove, removeNow, replace, write } from '../../src/lock/place';
import { leaveLock, lockPath, recordOf } from './support';

test('of two that put a lock there, one does', async () => {
  const path = await lockPath();
  const [first, second] = [recordOf(), recordOf()];
  expect((await Promise.all([place(path, first), place(path, second)])).sort()).toEqual([false, true]);
  expect((await Promise.all([first, second].map(({ id }) => isPlaced(path, id)))).sort()).toEqual([
    false,
    true,
  ]);
  expect(await readdir(join(path, '..'))).toEqual(['lock']);
});

test('a lock is replaced only as the one that was looked at', async () => {
  const path = await lockPath();
  await leaveLock(path, recordOf());
  const seen = (await look(path))!;
  const [first, second] = [recordOf(), recordOf()];
  expect(await replace(path, seen, first)).toBe(true);
  expect(await replace(path, seen, second)).toBe(false);
  expect((await look(path))!.record).toEqual(first);
});

test('who was stopped in the middle of taking over and lost its turn knows', async () => {
  const path = await lockPath();
  await leaveLock(path, recordOf());
  const [slow, quick] = [recordOf(), recordOf()];
  // The slow one has renamed, and is stopped; the quick one sees no life for long.
  await rename(join(path, (await look(path))!.id!), join(path, slow.id));
  expect(await replace(path, (await look(path))!, quick)).toBe(true);
  expect(await write(path, slow)).toBe(false);
  expect((await look(path))!.record).toEqual(quick);
});

test('a lock that comes while something damaged is cleared away stays', async () => {
  const path = await lockPath();
  await writeFile(path, 'damaged');
  const seen = (await look(path))!;
  expect(await replace(path, seen, recordOf())).toBe(false);
  expect(existsSync(path)).toBe(false);
  const mine = recordOf();
  expect(await place(path, mine)).toBe(true);
  expect(await replace(path, seen, recordOf())).toBe(false);
  expect((await look(path))!.record).toEqual(mine);
});

test('a lock of somebody else is not removed', async () => {
  const path = await lockPath();
  const theirs = recordOf();
  await leaveLock(path, theirs);
  const { id } = recordOf();
  await remove(path, id);
  removeNow(path, id);
  expect((await look(path))!.record).toEqual(theirs);
  await remove(path, theirs.id);
  expect(await look(path)).toBeNull();
  await mkdir(path);
  expect(await look(path)).toBeNull();
});
