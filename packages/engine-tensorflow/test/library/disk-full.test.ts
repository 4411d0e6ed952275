import type * as files from 'node:fs/promises';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { installLibrary } from '../../src/library';
import { makeWheel } from './support/files';
import { makeMachine } from './support/machine';

const disk = vi.hoisted(() => ({ free: Number.POSITIVE_INFINITY, writable: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof files>();
  return {
    ...actual,
    statfs: async () => ({ bavail: disk.free, bsize: 1 }),
    open: async (...given: Parameters<typeof files.open>) => {
      const handle = await actual.open(...given);
      const write = handle.write.bind(handle) as (...parameters: unknown[]) => Promise<unknown>;
      handle.write = (async (chunk: Buffer, ...rest: unknown[]) => {
        disk.writable -= chunk.length;
        if (disk.writable < 0) throw Object.assign(new Error('write failed'), { code: 'ENOSPC' });
        return write(chunk, ...rest);
      }) as typeof handle.write;
      return handle;
    },
  };
});

beforeEach(() => {
  Object.assign(disk, { free: Number.POSITIVE_INFINITY, writable: Number.POSITIVE_INFINITY });
});

async function install() {
  const machine = await makeMachine();
  const from = join(machine.folder, 'given.whl');
  await writeFile(from, makeWheel());
  const outcome = await installLibrary({ ...machine.options, from }).catch((error: Error) => error);
  return { outcome, left: await readdir(machine.cache) };
}

test('a disk without enough room is refused before anything is unpacked', async () => {
  disk.free = 1000;
  const { outcome, left } = await install();
  expect(outcome).toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/2 kB are needed in .*, and 1 kB are free.*XDG_CACHE_HOME/),
  });
  expect(left).toEqual([]);
});

test('a disk that fills up while unpacking says how much is needed, and is left as it was', async () => {
  disk.writable = 700;
  const { outcome, left } = await install();
  expect(outcome).toMatchObject({ code: 'disk-full', message: expect.stringContaining('2 kB are needed') });
  expect(left).toEqual([]);
});

test('with room it goes through', async () => {
  const { outcome, left } = await install();
  expect(outcome).not.toBeInstanceOf(Error);
  expect(left).toEqual(['2.21.0-linux-x64']);
});
