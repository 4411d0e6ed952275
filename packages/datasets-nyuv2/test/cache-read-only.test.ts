import { access, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions } from '@overparam/plugin';
import { expect, test, vi } from 'vitest';
import { nyuv2 } from '../src';
import { dataFolder, emptyFolder, layout, small } from './support';

// A file system that is read-only, or another user's folder, says so here alone: a superuser's permissions stop nothing.
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return { ...actual, access: vi.fn(actual.access) };
});

/** Opens and closes; says how many scenes were read from the data itself. */
async function readings(dataDir: string, more: object = {}): Promise<number> {
  let read = 0;
  const options = parseOptions(nyuv2.options, { ...small, ...more });
  const progress = (_done: number, _total: number, what: string) => {
    if (what.startsWith('reading')) read++;
  };
  const data = await nyuv2.open(options, { dataDir, progress });
  await data.close();
  return read;
}

test.each(['EROFS', 'EACCES'])(
  'where files cannot be made (%s) the cache goes to the temporary folder',
  async (code) => {
    const dataDir = await dataFolder(layout());
    vi.mocked(access).mockRejectedValue(Object.assign(new Error(code), { code }));
    expect(await readings(dataDir)).toBe(5);
    expect(await readings(dataDir)).toBe(0);
    expect(await readdir(join(dataDir, 'nyuv2'))).toEqual(['train', 'val']);
    // What this test put into the shared temporary folder has the names of any other cache of it.
    const cache = join(await emptyFolder(), 'own');
    await readings(dataDir, { cache });
    for (const name of await readdir(cache)) await rm(join(tmpdir(), 'overparam-nyuv2', name));
  },
);

test('a cache that was made before its folder became read-only is used', async () => {
  const dataDir = await dataFolder(layout());
  vi.mocked(access).mockResolvedValue(undefined);
  expect(await readings(dataDir)).toBe(5);
  vi.mocked(access).mockRejectedValue(Object.assign(new Error('EROFS'), { code: 'EROFS' }));
  expect(await readings(dataDir)).toBe(0);
});
