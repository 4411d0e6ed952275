import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { OverparamError } from '@overparam/errors';
import { parseOptions } from '@overparam/plugin';
import { expect, test, vi } from 'vitest';
import { makeTar } from '../../dataset-files/test/make-tar';
import { officialTo13, to13 } from '../src/classes';
import { openHdf5 } from '../src/hdf5';
import { nyuv2 } from '../src/index';
import { officialCamera, planeNormals } from '../src/plane-normals';
import { findMat } from '../src/source-mat';
import { code, dataFolder, difference, emptyFolder, layout, noisyExample, small } from './support';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const open = (dataDir: string, more: object = {}) =>
  nyuv2.open(parseOptions(nyuv2.options, { ...small, precision: 'float32', ...more }), { dataDir });

test.each(['', 'nyuv2/', './some/where/'])('reads an archive whose root is %j', async (root) => {
  const entries = [...layout()].map(([name, bytes]) => ({ name: root + name, bytes }));
  entries.push({ name: `${root}index.csv`, bytes: Buffer.from('more') });
  const dataDir = await dataFolder(new Map([['scenes.tar.gz', gzipSync(makeTar(entries))]]));
  const data = await open(dataDir);
  expect(await data.splits.test!.example(1)).toEqual(noisyExample(6, 8, 210));
});

test('an archive that is damaged, holds no scenes, or is one of several is refused', async () => {
  const tar = makeTar([...layout()].map(([name, bytes]) => ({ name, bytes })));
  const packed = gzipSync(tar);
  const attempt = async (files: Record<string, Uint8Array>) =>
    open(await dataFolder(new Map(Object.entries(files))));
  await expect(attempt({ 'a.tar.gz': packed.subarray(0, 2000) })).rejects.toThrow(code('data-truncated'));
  await expect(attempt({ 'a.tar.gz': Buffer.alloc(2000) })).rejects.toThrow(code('data-format'));
  await expect(attempt({ 'a.tar': tar.subarray(0, 5000) })).rejects.toThrow(code('data-truncated'));
  await expect(attempt({ 'a.tar': makeTar([{ name: 'x.npy', bytes: Buffer.alloc(1) }]) })).rejects.toThrow(
    /no train\/image/,
  );
  await expect(attempt({ 'a.tar': tar, 'b.tar': tar })).rejects.toThrow(/a\.tar, b\.tar/);
  expect((await attempt({ 'a.tar': tar })).splits.train!.size).toBe(3);
});

const shards = ['train-00000-of-00002.parquet', 'train-00001-of-00002.parquet', 'val-00000-of-00001.parquet'];

test('reads the parquet mirror, channels first, over shards and row groups', async () => {
  const dataDir = await dataFolder(new Map(shards.map((name) => [`data/${name}`, fixture(name)])));
  const data = await open(dataDir, { size: [4, 6] });
  for (const [split, first, count] of [
    ['train', 20, 3],
    ['test', 23, 2],
  ] as const) {
    for (let index = 0; index < count; index++) {
      expect(await data.splits[split]!.example(index)).toEqual(noisyExample(4, 6, first + index));
    }
  }
  expect(data.provenance).toMatch(/parquet mirror/);
});

test('a parquet shard that is missing or damaged is refused', async () => {
  const missing = await dataFolder(new Map([shards[0]!, shards[2]!].map((name) => [name, fixture(name)])));
  await expect(open(missing, { size: [4, 6] })).rejects.toThrow(/1 of 2 files train-\*/);
  const cut = await dataFolder(new Map(shards.map((name) => [name, fixture(name).subarray(0, 3000)])));
  await expect(open(cut, { size: [4, 6] })).rejects.toThrow(code('data-format'));
  const zeros = fixture(shards[0]!);
  zeros.fill(255, 4, 2000);
  const damaged = await dataFolder(new Map(shards.map((name, i) => [name, i === 0 ? zeros : fixture(name)])));
  await expect(open(damaged, { size: [4, 6] })).rejects.toThrow(code('data-format'));
});

const official = () => new Map([['nyu_depth_v2_labeled.mat', fixture('nyu_depth_v2_labeled.mat')]]);

test('reads the official file: frames by split, border cut, classes joined, depth, and normals from it', async () => {
  const dataDir = await dataFolder(official());
  const source = (await findMat(join(dataDir, 'nyuv2')))!;
  expect(await source.counts()).toEqual({ train: 795, test: 654 });
  const table = officialTo13();
  // The n-th of the frames that the fixture has: 1, 3, 4 and 1449.
  for (const [split, index, frame] of [
    ['test', 0, 0],
    ['train', 0, 1],
    ['train', 1, 2],
    ['test', 653, 3],
  ] as const) {
    const { image, segmentation, depth, normals } = await source.scene(split, index);
    expect(image.shape).toEqual([427, 561, 3]);
    // Row and column in the whole frame of some pixels of the cut one.
    for (const [y, x] of [
      [0, 0],
      [426, 560],
      [100, 333],
    ] as const) {
      const [row, column] = [y + 44, x + 40];
      const at = y * 561 + x;
      for (const channel of [0, 1, 2]) {
        const expected = Math.floor(column / 4) + Math.floor(row / 8) + 50 * channel + 7 * frame;
        expect(image.data[3 * at + channel]).toBe(expected % 256);
      }
      const label = (Math.floor(column / 80) * 6 + Math.floor(row / 80)) * 18 + frame;
      expect(segmentation!.data[at]).toBe(table[label]);
      expect(depth!.data[at]).toBe(2 + frame);
      expect(
        [...normals!.data.slice(3 * at, 3 * at + 3)].map((value) => Math.round(value * 1e4) / 1e4 + 0),
      ).toEqual([0, 0, 1]);
    }
    const hole = (210 - 44) * 561 + (320 - 40);
    expect([depth!.data[hole], ...normals!.data.slice(3 * hole, 3 * hole + 3)]).toEqual([0, 0, 0, 0]);
  }
  await source.close();
  const data = await open(dataDir, {
    size: [24, 32],
    scenes: { train: 795, test: 654 },
    limit: { train: 2, test: 1 },
  });
  expect(data.provenance).toMatch(/normals computed from depth, not the published ones/);
  const { depth, normals } = await data.splits.train!.example(1);
  expect([depth[0], normals[2]!]).toEqual([4, expect.closeTo(1, 5)]);
});

test('something else in place of the official file is refused', async () => {
  const attempt = async (bytes: Buffer) =>
    open(await dataFolder(new Map([['nyu_depth_v2_labeled.mat', bytes]])));
  await expect(attempt(Buffer.alloc(5000))).rejects.toThrow(code('data-format'));
  await expect(attempt(fixture('nyu_depth_v2_labeled.mat').subarray(0, 50_000))).rejects.toThrow(
    code('data-format'),
  );
});

test.each([
  ['one chunk for all frames', 'chunk', /"images" is packed in chunks of 1335398400 bytes/],
  ['a chunk that unpacks to a gigabyte', 'bomb', /"images" cannot be unpacked at \[0,0,0,0\]/],
])('%s takes no memory', async (_, name, message) => {
  const bytes = gunzipSync(fixture(`${name}.mat.gz`));
  const dataDir = await dataFolder(new Map([['nyu_depth_v2_labeled.mat', bytes]]));
  const before = process.memoryUsage().rss;
  const first = async () => (await findMat(join(dataDir, 'nyuv2')))!.scene('test', 0);
  await expect(first()).rejects.toThrow(message);
  expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
});

test('a damaged chunk is an error, and leaves the library fit for use', async () => {
  const bytes = fixture('nyu_depth_v2_labeled.mat');
  const path = join(await emptyFolder(), 'damaged.mat');
  const read = async (changed: Buffer) => {
    await writeFile(path, changed);
    const file = await openHdf5(path, (problem) => new OverparamError('data-format', problem));
    try {
      const frames = [0, 2, 3, 1448].map((at) => [at, at + 1] as const);
      const plane = [[0, 640] as const, [0, 480] as const];
      return frames.flatMap((frame) => [
        file.array('images').slice([frame, [0, 3], ...plane]),
        file.array('labels').slice([frame, ...plane]),
        file.array('depths').slice([frame, ...plane]),
      ]);
    } finally {
      file.close();
    }
  };
  const sound = await read(bytes);
  // Each of the fixture's 20 chunks is a zlib stream, which begins so.
  let chunks = 0;
  for (let at = bytes.indexOf('785e', 0, 'hex'); at >= 0; at = bytes.indexOf('785e', at + 1, 'hex')) {
    if (chunks++ % 5 > 0) continue;
    const changed = Buffer.from(bytes);
    changed[at + 10]! ^= 255;
    await expect(read(changed)).rejects.toThrow(code('data-format'));
  }
  expect(chunks).toBe(20);
  expect(await read(bytes)).toEqual(sound);
});

test('an official file that is refused is closed', async () => {
  const dataDir = await dataFolder(new Map([['nyu_depth_v2_labeled.mat', fixture('short.mat')]]));
  const { default: h5wasm } = await import('h5wasm/node');
  const close = vi.spyOn(h5wasm.File.prototype, 'close');
  await expect(findMat(join(dataDir, 'nyuv2'))).rejects.toThrow(
    /has shape \[1448,3,640,480\], expected \[1449,/,
  );
  expect(close).toHaveBeenCalledTimes(1);
  close.mockRestore();
});

test('classes: the 40 and the 894 go to the 13 that are published', () => {
  // Counted by hand from the published tables: wall, floor, cabinet, bed, ... of the 40; books, cabinet, ceiling, ... of the 894.
  expect([0, 1, 2, 3, 21, 22, 24, 37, 38, 39].map(to13)).toEqual([11, 4, 5, 0, 2, 1, 10, 6, 5, 6]);
  const table = officialTo13();
  expect([0, 85, 3, 4, 5, 11, 21, 157, 83, 894].map((label) => table[label])).toEqual([
    -1, 1, 5, 2, 3, 4, 11, 0, 8, 6,
  ]);
  expect(table.filter((label) => label === 6).length).toBeGreaterThan(700);
});

test('plane fits find the normals of planes, whatever their slant', () => {
  const [height, width] = [60, 80];
  const camera = { fx: 70, fy: 72, cx: 41, cy: 28 };
  for (const normal of [
    [0, 0, 1],
    [0.6, 0, 0.8],
    [0, 0.8, 0.6],
    [-0.48, 0.6, 0.64],
  ] as const) {
    // A point of the plane: straight ahead, 3 m away. y is up here, down in the image; z to the viewer.
    const depth = new Float32Array(height * width);
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < width; u++) {
        const ray = [(u - camera.cx) / camera.fx, -(v - camera.cy) / camera.fy, -1] as const;
        const along = ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2];
        const z = (-3 * normal[2]) / along;
        depth[v * width + u] = z > 0 && z < 50 ? z : 0;
      }
    }
    const found = planeNormals(depth, height, width, camera);
    let worst = 0;
    for (let i = 0; i < height * width; i++) {
      if (found[3 * i] === 0 && found[3 * i + 1] === 0 && found[3 * i + 2] === 0) continue;
      worst = Math.max(worst, difference(found.subarray(3 * i, 3 * i + 3), normal));
    }
    expect(worst).toBeLessThan(0.01);
    expect(found.filter((value) => value !== 0).length).toBeGreaterThan(0.5 * height * width);
  }
  expect(planeNormals(new Float32Array(100), 10, 10, officialCamera).every((value) => value === 0)).toBe(
    true,
  );
});
