import { chmod, mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { nyuv2 } from '../src/index';
import { code, dataFolder, emptyFolder, layout, noisyExample, npyFile, sceneFiles, small } from './support';

const parse = (more: object = {}) => parseOptions(nyuv2.options, { ...small, precision: 'float32', ...more });

/** Opens and closes; says which scenes were read from the data itself. */
async function readings(dataDir: string, more: object = {}) {
  const read: string[] = [];
  const notes: string[] = [];
  const progress = (done: number, _: number, what: string) => {
    if (what.startsWith('reading')) read.push(`${what} ${done}`);
  };
  const data = await nyuv2.open(parse(more), { dataDir, progress, note: (text) => notes.push(text) });
  const example = await data.splits.train!.example(0);
  await data.close();
  return { read: read.length, example, notes };
}

test('a second start reads the cache, and gives the same', async () => {
  const dataDir = await dataFolder(layout());
  const first = await readings(dataDir);
  expect(first.read).toBe(5);
  expect((await readdir(join(dataDir, 'nyuv2', 'cache'))).sort()).toEqual([
    expect.stringMatching(/^test-6x8-float32-[0-9a-f]{12}\.cache$/),
    expect.stringMatching(/^train-6x8-float32-[0-9a-f]{12}\.cache$/),
  ]);
  expect(await readings(dataDir)).toEqual({ read: 0, example: first.example, notes: [] });
});

test('other options or changed files make it anew', async () => {
  const dataDir = await dataFolder(layout());
  await readings(dataDir);
  for (const more of [
    { size: [3, 4] },
    { precision: 'compact' },
    { tasks: ['depth'] },
    { limit: { train: 2 } },
  ]) {
    expect((await readings(dataDir, more)).read, JSON.stringify(more)).toBeGreaterThan(0);
    expect((await readings(dataDir, more)).read).toBe(0);
  }
  // What does not change the kept scenes does not make it anew.
  expect((await readings(dataDir, { holdOut: 1, threads: 1, augmentation: { flip: false } })).read).toBe(0);
  const changed = join(dataDir, 'nyuv2', 'train', 'image', '0.npy');
  await writeFile(changed, sceneFiles(7).image);
  await utimes(changed, 1, 1);
  const again = await readings(dataDir);
  expect(again.read).toBe(5);
  expect(again.example.image).toEqual(noisyExample(6, 8, 7).image);
});

test('a cache that is cut off or overwritten is made anew', async () => {
  const dataDir = await dataFolder(layout());
  const { example } = await readings(dataDir);
  const folder = join(dataDir, 'nyuv2', 'cache');
  const [test1, train] = (await readdir(folder)).sort().map((name) => join(folder, name));
  await truncate(train!, 5000);
  await writeFile(test1!, 'something else');
  const notes = [
    expect.stringMatching(/cache .*train-.* is damaged \(its contents do not match/),
    expect.stringMatching(/cache .*test-.* is damaged \(its header cannot be read/),
  ];
  expect(await readings(dataDir)).toEqual({ read: 5, example, notes });
});

test.each([
  ['a pixel', (size: number) => size - 200],
  ['the last byte', (size: number) => size - 1],
  ['the filling of the header', () => 4090],
])('a changed byte in %s is noticed, and the cache made again with a word', async (_, place) => {
  const dataDir = await dataFolder(layout());
  const { example } = await readings(dataDir);
  const folder = join(dataDir, 'nyuv2', 'cache');
  const path = join(folder, (await readdir(folder)).find((name) => name.startsWith('train'))!);
  const sound = await readFile(path);
  const changed = Buffer.from(sound);
  changed[place(sound.length)]! ^= 1;
  await writeFile(path, changed);
  const notes = [expect.stringMatching(/train-.* is damaged \(its .*\); it is made again/)];
  expect(await readings(dataDir)).toEqual({ read: 3, example, notes });
  expect(await readFile(path)).toEqual(sound);
  expect((await readings(dataDir)).read).toBe(0);
});

test('a changed digit of the header is noticed', async () => {
  const dataDir = await dataFolder(layout());
  await readings(dataDir);
  const folder = join(dataDir, 'nyuv2', 'cache');
  const path = join(folder, (await readdir(folder)).find((name) => name.startsWith('train'))!);
  const bytes = await readFile(path);
  const at = bytes.indexOf('"scenes":3');
  bytes.write('"scenes":4', at);
  await writeFile(path, bytes);
  const { read, notes } = await readings(dataDir);
  expect(read).toBe(3);
  expect(notes).toHaveLength(1);
});

test('a read-only folder stays as it is; the cache goes to the temporary folder, or where the option says', async () => {
  const dataDir = await dataFolder(layout());
  await chmod(join(dataDir, 'nyuv2'), 0o555);
  expect((await readings(dataDir)).read).toBe(5);
  expect((await readings(dataDir)).read).toBe(0);
  expect(await readdir(join(dataDir, 'nyuv2'))).toEqual(['train', 'val']);
  const cache = join(await emptyFolder(), 'own');
  expect((await readings(dataDir, { cache })).read).toBe(5);
  const own = await readdir(cache);
  expect(own).toHaveLength(2);
  // What this test put into the shared temporary folder has the same names.
  for (const name of own) await rm(join(tmpdir(), 'overparam-nyuv2', name));
  await chmod(join(dataDir, 'nyuv2'), 0o755);
});

test('what goes wrong while it is made leaves nothing behind', async () => {
  const files = layout();
  files.delete('val/depth/1.npy');
  const dataDir = await dataFolder(files);
  await expect(readings(dataDir)).rejects.toThrow(code('data-missing'));
  const left = await readdir(join(dataDir, 'nyuv2', 'cache'));
  expect(left).toEqual([expect.stringMatching(/^train-/)]);
  const stop = new AbortController();
  stop.abort();
  await expect(nyuv2.open(parse({ size: [3, 4] }), { dataDir, signal: stop.signal })).rejects.toThrow(
    code('aborted'),
  );
  const blocked = join(await emptyFolder(), 'file');
  await writeFile(blocked, '');
  await expect(readings(dataDir, { cache: join(blocked, 'cache') })).rejects.toThrow(code('cache-folder'));
});

test('an image of floats after images of bytes is refused where it would be rounded', async () => {
  const bytes = npyFile(
    [6, 8, 3],
    Uint8Array.from(noisyExample(6, 8, 1).image, (value) => 255 * value),
  );
  const mixed = (index: number) => dataFolder(layout().set(`train/image/${index}.npy`, bytes));
  await expect(readings(await mixed(0))).rejects.toThrow(
    expect.objectContaining({ code: 'data-format', message: expect.stringMatching(/scene 1 .*train/) }),
  );
  expect((await readings(await mixed(0), { precision: 'compact' })).read).toBe(5);
  // Bytes among floats lose nothing.
  const dataDir = await mixed(1);
  const data = await nyuv2.open(parse(), { dataDir });
  const { image } = await data.splits.train!.example(1);
  expect(image).toEqual(Float32Array.from(bytes.subarray(-6 * 8 * 3), (value) => value / 255));
  await data.close();
});

test('the header is text that says what is there', async () => {
  const dataDir = await dataFolder(layout());
  const cache = await emptyFolder();
  await mkdir(cache, { recursive: true });
  await readings(dataDir, { cache });
  const train = (await readdir(cache)).find((name) => name.startsWith('train'))!;
  const header = JSON.parse((await readFile(join(cache, train))).toString('utf8', 0, 4096));
  expect(header).toMatchObject({ count: 3, statistics: { scenes: 3, labelled: { depth: 3 } } });
});
