import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { acquireLock } from '../../src';
import { ownIdentity } from '../../src/lock/identity';
import { look, replace } from '../../src/lock/place';
import { recordText } from '../../src/lock/record';
import { lockPath, recordOf } from './support';

const lost = expect.objectContaining({ code: 'lock-lost' });

test('the heartbeat goes on while the lock is held', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 300 });
  await expect.poll(async () => (await look(path))!.record?.beat ?? 0).toBeGreaterThan(2);
  await lock.check();
  await lock.release();
});

test("a holder that lost its lock notices when it asks, and leaves the other one's alone", async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 60_000 });
  const taker = recordOf();
  expect(await replace(path, (await look(path))!, taker)).toBe(true);
  await expect(lock.check()).rejects.toThrow(lost);
  expect(lock.lost.reason).toEqual(lost);
  await lock.release();
  expect((await look(path))!.record).toEqual(taker);
});

test('and without asking with its next heartbeat', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 300 });
  await replace(path, (await look(path))!, recordOf());
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true));
  await expect(lock.check()).rejects.toThrow(lost);
  await lock.release();
});

test('a lock whose folder is removed is lost', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 300 });
  await rm(join(path, '..'), { recursive: true });
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true));
  await lock.release();
});

test('a holder whose record was overwritten writes it anew', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 600 });
  const { id } = (await look(path))!;
  // As a former holder does that opened the file just before it was renamed.
  await writeFile(
    join(path, id!),
    recordText(recordOf({ host: 'a much longer name than this machine has' })),
  );
  await expect.poll(async () => (await look(path))!.record).toMatchObject(ownIdentity());
  await lock.release();
  expect(existsSync(path)).toBe(false);
});

test('a holder that computed for long without a pause still has its lock, if nobody took it', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 300 });
  const until = performance.now() + 700;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await lock.check();
  expect(lock.lost.aborted).toBe(false);
  await lock.release();
});

test('a holder that cannot write for as long as others would wait gives itself up', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 600 });
  const { id } = (await look(path))!;
  // A folder in place of the file: neither missing nor to be written.
  await rm(join(path, id!));
  await mkdir(join(path, id!));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(lock.lost.aborted).toBe(false);
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true));
  await lock.release();
  expect(await readdir(path)).toEqual([id]);
});
