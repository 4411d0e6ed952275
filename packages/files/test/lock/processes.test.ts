import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock } from '../../src';
import { contender, deadRecord, fromSource, leaveLock, lockPath, packageFolder } from './support';

const slow = { timeout: 60_000 };

test('processes that race for a lock have it one at a time', async () => {
  const path = await lockPath();
  await writeFile(`${path}.count`, '0');
  const racing = [1, 2, 3].map(() => contender('count', path, '20'));
  expect(await Promise.all(racing.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  expect(await readFile(`${path}.count`, 'utf8')).toBe('60');
  expect(await readdir(join(path, '..'))).toEqual(['lock.count']);
});

test('of processes that find one dead lock, one takes it over', async () => {
  const path = await lockPath();
  await leaveLock(path, deadRecord());
  for (let i = 0; i < 4; i++) contender('take', path, `${path}.log`);
  const outcomes = async () =>
    (await readFile(`${path}.log`, 'utf8').catch(() => '')).split('\n').filter(Boolean).sort();
  await expect.poll(outcomes, slow).toEqual(['lock-held', 'lock-held', 'lock-held', 'taken']);
});

test('the lock of a process that is killed is free at once', async () => {
  const path = await lockPath();
  const holder = contender('hold', path);
  await expect.poll(holder.said, slow).toBe('held\n');
  await expect(acquireLock(path)).rejects.toThrow(new RegExp(`process ${holder.child.pid}\\.`));
  holder.child.kill('SIGKILL');
  await holder.ended;
  expect(existsSync(path)).toBe(true);
  const lock = await acquireLock(path, { waiting: () => expect.unreachable() });
  await lock.release();
});

test('a process that ends by itself leaves no lock behind', async () => {
  const path = await lockPath();
  expect(await contender('exit', path).ended).toBe(3);
  expect(existsSync(path)).toBe(false);
});

const inContainer = ['--pid', '--fork', '--mount-proc', process.execPath];
const canContain = spawnSync('unshare', [...inContainer, '--version']).status === 0;

test.skipIf(!canContain)('a process outside of a container is seen to live from inside', async () => {
  const path = await lockPath();
  const holder = contender('hold', path);
  await expect.poll(holder.said, slow).toBe('held\n');
  // In there the holder's id is nobody's, so that asked for by id alone it would be dead.
  const asking = [...inContainer, ...fromSource, join(import.meta.dirname, 'contender.ts'), 'ask', path];
  const { stdout, stderr } = spawnSync('unshare', asking, { encoding: 'utf8', cwd: packageFolder });
  expect([stdout, stderr]).toEqual(['true lock-held\n', '']);
});
