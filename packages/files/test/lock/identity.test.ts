import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { ownIdentity, type ProcessIdentity, shareProcessIds, stateOf } from '../../src/lock/identity';

const own = ownIdentity();

test('this process is alive, and one with its id and another start is dead', () => {
  expect(own.pid).toBe(process.pid);
  expect(stateOf(own)).toBe('alive');
  expect(stateOf({ ...own, start: '1' })).toBe('dead');
});

test('a process that ended is dead, also while its parent has not asked for its exit code', async () => {
  // The shell's child ends soon; the shell goes on as another program, which never asks for it.
  const shell = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const pid = await new Promise<number>((resolve) => {
      shell.stdout.once('data', (text) => resolve(Number(text)));
    });
    await expect.poll(() => stateOf({ ...own, pid, start: '' })).toBe('dead');
    // It is still there to be asked for.
    if (process.platform === 'linux') expect(process.kill(pid, 0)).toBe(true);
  } finally {
    shell.kill('SIGKILL');
  }
  await new Promise((resolve) => shell.once('exit', resolve));
  expect(stateOf({ ...own, pid: shell.pid!, start: '' })).toBe('dead');
});

test.each<[string, Partial<ProcessIdentity>]>([
  ['another host', { host: `${own.host}-2` }],
  ['another start of the machine', { boot: 'another' }],
  ['another container', { pidNamespace: 'pid:[1]' }],
])('of a process of %s nothing is known, whatever the process of its id here does', (_name, changes) => {
  expect(stateOf({ ...own, ...changes })).toBe('unknown');
  expect(stateOf({ ...own, ...changes, pid: 2 ** 22 + 1 })).toBe('unknown');
});

test('where a system does not tell which start of which machine it is, nothing is known', () => {
  for (const lacking of [{ boot: '' }, { pidNamespace: '' }]) {
    const observer = { ...own, ...lacking };
    expect(shareProcessIds(observer, observer)).toBe(false);
    expect(stateOf(observer, observer)).toBe('unknown');
  }
});

test('a living process whose start was not written down may be a later one', () => {
  expect(stateOf({ ...own, start: '' })).toBe('unknown');
});
