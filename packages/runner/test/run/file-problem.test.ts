import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { train } from '../../src/run/train';
import { filesOf } from '../support/interrupted';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
const config = { ...tiny, epochs: 2 };
let stderr: MockInstance<typeof process.stderr.write>;

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

/** Runs the command line; what it said as its error, without a stack. */
async function failed(code: number, ...rawArguments: string[]): Promise<string> {
  stderr.mockClear();
  expect(await main(rawArguments)).toBe(code);
  const said = stderr.mock.calls.map(([text]) => String(text)).join('');
  expect(said).not.toMatch(/^ {4}at /m);
  return said.slice(said.indexOf('Error: '));
}

function configFile(): string {
  writeFileSync(path('config.yaml'), stringify(config));
  return path('config.yaml');
}

/** A file system in memory, where this user may make one. */
function mounted(name: string, options: string): boolean {
  mkdirSync(path(name));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path(name)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const mounts: string[] = [];
const mount = (name: string, options: string) => {
  const done = process.platform === 'linux' && mounted(name, options);
  if (done) mounts.push(path(name));
  else console.warn(`\n*** SKIPPED: no file system could be mounted to test "${name}" ***\n`);
  return done;
};
afterAll(() => {
  for (const place of mounts) execFileSync('umount', [place]);
});

test.each(['train', 'compare'])('%s into a file, and below one', async (command) => {
  writeFileSync(path('file'), '');
  expect(await failed(2, command, configFile(), '--out', path('file'))).toMatch(
    /there is a file of that name/,
  );
  expect(await failed(2, command, configFile(), '--out', path('file', 'run'))).toMatch(
    /file" could not be made: there is a file of that name/,
  );
});

test.runIf(process.platform === 'linux')('where no folder can be made, it ends at once', async () => {
  expect(await failed(2, 'train', configFile(), '--out', '/proc/overparam')).toMatch(/no folder can be made/);
});

describe('a full disk', async () => {
  test.runIf(mount('full', 'size=60k'))('is said, keeps what was trained, and lets it go on', async () => {
    const message = await failed(1, 'train', configFile(), '--out', path('full', 'run'));
    expect(message).toMatch(
      /full\/run" could not be written: the disk is full \(ENOSPC\)\..*--resume goes on/,
    );
    expect(readdirSync(path('full', 'run', 'checkpoints'))).toContain('epoch-0001.safetensors');
    expect(existsSync(path('full', 'run', 'lock'))).toBe(false);
    execFileSync('mount', ['-o', 'remount,size=10m', path('full')]);
    await train(config, { out: path('full', 'run'), resume: true });
    await train(config, { out: path('roomy') });
    expect(filesOf(path('full', 'run'))).toEqual(filesOf(path('roomy')));
  });
});

describe('a disk that can only be read', async () => {
  test.runIf(mount('read-only', 'ro'))('is said', async () => {
    for (const folder of ['read-only', 'read-only/run']) {
      expect(await failed(2, 'train', configFile(), '--out', path(folder))).toMatch(
        /the disk can only be read/,
      );
    }
  });
});

test.skipIf(process.getuid?.() === 0)("a folder of another user's is said", async () => {
  mkdirSync(path('closed'));
  chmodSync(path('closed'), 0o500);
  expect(await failed(2, 'train', configFile(), '--out', path('closed', 'run'))).toMatch(
    /this user may not do so/,
  );
});
