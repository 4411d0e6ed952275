import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock, holderText, type LockWait, withLock } from '../../src';
import { ownIdentity, randomId } from '../../src/lock/identity';
import { look } from '../../src/lock/place';
import { recordText } from '../../src/lock/record';
import { deadRecord, elsewhere, fakeSurroundings, leaveLock, lockPath, recordOf } from './support';

const code = (expected: string) => expect.objectContaining({ code: expected });
const unexpected = () => expect.unreachable();

test('a lock is a folder with one file that says who holds it, and leaves nothing behind', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path, { silence: 7000 });
  const standing = (await look(path))!;
  expect(standing.record).toEqual({ ...ownIdentity(), id: standing.id, beat: 0, silence: 7000 });
  expect(await readdir(join(path, '..'))).toEqual(['lock']);
  await lock.release();
  await lock.release();
  expect(await readdir(join(path, '..'))).toEqual([]);
  expect(lock.lost.aborted).toBe(false);
});

test('a lock that a living process holds is refused, and named', async () => {
  const path = await lockPath();
  const lock = await acquireLock(path);
  await expect(acquireLock(path)).rejects.toThrow(
    expect.objectContaining({
      code: 'lock-held',
      message: expect.stringContaining(`process ${process.pid}.`),
    }),
  );
  const held = acquireLock(path, { held: ({ pid, visible }) => new Error(`${pid} ${visible}`) });
  await expect(held).rejects.toThrow(`${process.pid} true`);
  await lock.release();
  await (await acquireLock(path)).release();
});

test('a lock that a dead process of this machine left is taken over at once', async () => {
  const path = await lockPath();
  await leaveLock(path, deadRecord());
  const { surroundings, waited } = fakeSurroundings();
  const lock = await acquireLock(path, { surroundings, waiting: unexpected });
  expect(waited()).toBe(0);
  await lock.release();
  expect(existsSync(path)).toBe(false);
});

test.each([
  ['another machine', elsewhere],
  ['another container', { ...ownIdentity(), pidNamespace: 'pid:[1]' }],
  ['an earlier start of this machine', { ...ownIdentity(), boot: 'before' }],
])('a silent lock of %s is taken over after its own time, not before', async (_name, identity) => {
  const path = await lockPath();
  await leaveLock(path, recordOf({ ...identity, silence: 60_000 }));
  const { surroundings, waited } = fakeSurroundings();
  const waits: LockWait[] = [];
  // The time that counts is the holder's, not the one that this process asks for itself.
  const lock = await acquireLock(path, { silence: 1000, surroundings, waiting: (wait) => waits.push(wait) });
  expect(waited()).toBeGreaterThanOrEqual(60_000);
  expect(waited()).toBeLessThan(61_000);
  expect(waits).toEqual([{ holder: { ...identity, visible: false }, silence: 60_000 }]);
  expect(holderText(waits[0]!.holder!)).toBe(`process ${identity.pid} on "${identity.host}"`);
  await lock.check();
  await lock.release();
});

/** A holder elsewhere that beats every `interval` of the fake clock, `beats` times. */
function beating(path: string, interval: number, beats: number) {
  const record = recordOf();
  let done = 0;
  const fake = fakeSurroundings(async () => {
    if (done === beats || fake.waited() < (done + 1) * interval) return;
    done += 1;
    await writeFile(join(path, record.id), recordText({ ...record, beat: record.beat + done }));
  });
  return { record, ...fake };
}

test('a lock elsewhere that shows a sign of life is refused with the first one', async () => {
  const path = await lockPath();
  const { record, surroundings, waited } = beating(path, 50_000, 1);
  await leaveLock(path, record);
  await expect(acquireLock(path, { surroundings })).rejects.toThrow(/process 17 on "other"/);
  expect(waited()).toBeLessThan(51_000);
  expect((await look(path))!.id).toBe(record.id);
});

test('who waits for a lock elsewhere waits while it shows life, and its time after that', async () => {
  const path = await lockPath();
  const { record, surroundings, waited } = beating(path, 50_000, 20);
  await leaveLock(path, record);
  const lock = await acquireLock(path, { whenHeld: 'wait', surroundings });
  expect(waited()).toBeGreaterThanOrEqual(20 * 50_000 + 60_000);
  await lock.release();
});

test('who waits gets the lock when it is given back, and is told once what for', async () => {
  const path = await lockPath();
  const first = await acquireLock(path);
  const waits: LockWait[] = [];
  const second = withLock(path, async (lock) => lock.path, { waiting: (wait) => waits.push(wait) });
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(waits).toEqual([{ holder: { ...ownIdentity(), visible: true }, silence: null }]);
  await first.release();
  expect(await second).toBe(path);
  expect(existsSync(path)).toBe(false);
});

test('waiting ends with the signal', async () => {
  const path = await lockPath();
  const first = await acquireLock(path);
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = withLock(path, async () => unexpected(), { signal, waiting: () => controller.abort() });
  await expect(waiting).rejects.toThrow(/abort/);
  await first.check();
  await first.release();
});

const inFolder = (path: string, name: string, text: string) =>
  mkdir(path, { recursive: true }).then(() => writeFile(join(path, name), text));
const damaged: [string, (path: string) => Promise<unknown>][] = [
  ['a file of an earlier form', (path) => writeFile(path, JSON.stringify({ pid: process.pid, token: '' }))],
  ['an empty file', (path) => writeFile(path, '')],
  ['a folder with something else', (path) => inFolder(path, 'notes', 'x')],
  ['a record that is cut', (path) => inFolder(path, randomId(), '{"host":"a')],
  [
    'two records',
    async (path) => {
      await leaveLock(path, recordOf());
      await inFolder(path, randomId(), recordText(recordOf()));
    },
  ],
];
test.each(damaged)('a damaged lock is watched, then replaced: %s', async (_name, damage) => {
  const path = await lockPath();
  await damage(path);
  const { surroundings, waited } = fakeSurroundings();
  const waits: LockWait[] = [];
  const lock = await acquireLock(path, {
    silence: 30_000,
    surroundings,
    waiting: (wait) => waits.push(wait),
  });
  expect(waited()).toBeGreaterThanOrEqual(30_000);
  expect(waits).toEqual([{ holder: null, silence: 30_000 }]);
  expect(await readdir(path)).toEqual([(await look(path))!.record!.id]);
  await lock.release();
  expect(existsSync(path)).toBe(false);
});

test('a file beside the one of a living process does not make it dead', async () => {
  const path = await lockPath();
  const first = await acquireLock(path);
  await writeFile(join(path, '.nfs0001'), '');
  await expect(acquireLock(path)).rejects.toThrow(code('lock-held'));
  await first.release();
});

test('an empty folder is no lock', async () => {
  const path = await lockPath();
  await mkdir(path);
  await (await acquireLock(path, { waiting: unexpected })).release();
});

// Permissions do not bind a superuser.
test.skipIf(process.getuid?.() === 0)(
  'a folder that may not be written is refused with what to do',
  async () => {
    const path = await lockPath();
    await chmod(join(path, '..'), 0o555);
    onTestFinished(() => chmod(join(path, '..'), 0o755));
    await expect(acquireLock(path)).rejects.toThrow(code('lock-denied'));
  },
);

test('a folder that is not there is an error', async () => {
  const path = await lockPath();
  await expect(acquireLock(join(path, 'in', 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('many that find one dead lock have it one after the other', async () => {
  const path = await lockPath();
  await leaveLock(path, deadRecord());
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 12 }, () =>
      withLock(path, async (lock) => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 3));
        await lock.check();
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(existsSync(path)).toBe(false);
});

test('of several that have judged the same lock dead, one takes it over', async () => {
  const path = await lockPath();
  await leaveLock(path, deadRecord());
  const taken = await Promise.allSettled(Array.from({ length: 10 }, () => acquireLock(path)));
  const locks = taken.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const refusals = taken.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
  expect(locks).toHaveLength(1);
  expect(refusals).toEqual(new Array(9).fill('lock-held'));
  await locks[0]!.check();
  await locks[0]!.release();
});

test('a lock that is just changing hands is left to the one that takes it', async () => {
  const path = await lockPath();
  const dead = deadRecord();
  await leaveLock(path, dead);
  // As between the two steps of taking over: renamed, and its record not yet written.
  const taker = randomId();
  await rename(join(path, dead.id), join(path, taker));
  const { surroundings } = fakeSurroundings(() =>
    writeFile(join(path, taker), recordText(recordOf({ ...ownIdentity(), id: taker }))),
  );
  await expect(acquireLock(path, { surroundings })).rejects.toThrow(code('lock-held'));
  expect(await readdir(path)).toEqual([taker]);
});

test('a process that was killed while it took over is waited for some seconds, not minutes', async () => {
  const path = await lockPath();
  const dead = deadRecord();
  await leaveLock(path, dead);
  // It had renamed the lock of a dead process, and not yet written who it is.
  await rename(join(path, dead.id), join(path, randomId()));
  const { surroundings, waited } = fakeSurroundings();
  const lock = await acquireLock(path, { surroundings });
  expect(waited()).toBeGreaterThanOrEqual(10_000);
  expect(waited()).toBeLessThan(12_000);
  expect((await look(path))?.record?.pid).toBe(process.pid);
  await lock.release();
});
