import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions, parseOptions } from '@overparam/plugin';
import { testDataset } from '@overparam/plugin/testing';
import { describe, expect, test } from 'vitest';
import { type NyuExample, nyuv2Sample } from '../src/index';
import { sampleDataset } from '../src/sample';
import { decodeScenes, encodeScenes, packSample, unpackSample } from '../src/sample-codec';
import { samplePath } from '../src/sample-spec';
import { code, emptyFolder, noise } from './support';

const context = { dataDir: 'not used' };
const options = parseOptions(nyuv2Sample.options, { threads: 0 });

describe('contract', () => {
  testDataset(nyuv2Sample, { test, context });
});

test('has 24 training and 12 test scenes, every class in each split', async () => {
  const { splits, provenance } = await nyuv2Sample.open(options, context);
  expect(provenance).toMatch(/not the published ones; 24 train, 12 test; 96x128/);
  for (const split of Object.values(splits)) {
    const classes = new Set<number>();
    for (let i = 0; i < split.size; i++)
      for (const label of (await split.example(i)).segmentation) classes.add(label);
    expect([...classes].sort((a, b) => a - b)).toEqual(Array.from({ length: 14 }, (_, i) => i - 1));
  }
});

test('depth and normals agree with each other and with the labels', async () => {
  const { splits } = await nyuv2Sample.open(options, context);
  const up = { floor: 0, ceiling: 0, wall: 0 };
  const pixels = { floor: 0, ceiling: 0, wall: 0 };
  for (let i = 0; i < 24; i++) {
    const { segmentation, normals, depth }: NyuExample = await splits.train!.example(i);
    expect(Math.min(...depth)).toBeGreaterThan(0.5);
    expect(Math.max(...depth)).toBeLessThan(10.5);
    for (const [name, label] of [
      ['floor', 4],
      ['ceiling', 2],
      ['wall', 11],
    ] as const) {
      for (const [at, found] of segmentation.entries()) {
        if (found !== label) continue;
        up[name] += normals[3 * at + 1]!;
        pixels[name]++;
      }
    }
  }
  // y is up: floors face up, ceilings down, walls neither.
  expect(up.floor / pixels.floor).toBeGreaterThan(0.6);
  expect(up.ceiling / pixels.ceiling).toBeLessThan(-0.4);
  expect(Math.abs(up.wall / pixels.wall)).toBeLessThan(0.25);
});

test('can be had at another size', async () => {
  const data = await nyuv2Sample.open(
    parseOptions(nyuv2Sample.options, { size: [32, 64], threads: 0 }),
    context,
  );
  const { image, normals } = await data.splits.test!.example(3);
  expect([image.length, normals.length]).toEqual([6144, 6144]);
  expect(Math.hypot(normals[0]!, normals[1]!, normals[2]!)).toBeCloseTo(1, 5);
});

test('the packing loses nothing', async () => {
  const bytes = 96 * 128 * 9;
  const records = Uint8Array.from(noise(2 * bytes, 3), (value) => Math.floor(value * 256));
  expect(Buffer.compare(decodeScenes(encodeScenes(records), 2), records)).toBe(0);
  expect(Buffer.compare(await unpackSample(await packSample(records, 1), 2), records)).toBe(0);
});

test('a damaged or missing sample is one clear error', async () => {
  const path = join(await emptyFolder(), 'sample.br');
  const broken = sampleDataset(path);
  await expect(broken.open(options, context)).rejects.toThrow(code('data-missing'));
  const packed = await readFile(samplePath());
  await writeFile(path, packed.subarray(0, 500_000));
  await expect(broken.open(options, context)).rejects.toThrow(code('data-truncated'));
  const records = await unpackSample(packed, 36);
  records[500] = records[500]! ^ 1;
  await writeFile(path, await packSample(records, 1));
  await expect(broken.open(options, context)).rejects.toThrow(code('data-checksum'));
  expect((await broken.verify(options, context)).at(-1)).toMatchObject({
    ok: false,
    what: expect.stringContaining('data-checksum'),
  });
});

test.each([
  [{ size: [0, 5] }],
  [{ tasks: [] }],
  [{ tasks: ['depth', 'depth'] }],
  [{ tasks: ['edges'] }],
  [{ augmentation: { scales: [] } }],
  [{ augmentation: { scales: [0.5] } }],
  [{ augmentation: { sideEffects: 'none' } }],
  [{ normalise: { std: [1, 0, 1] } }],
  [{ threads: -1 }],
  [{ source: 'mat' }],
])('refuses the options %j', (given) => {
  expect(checkOptions(nyuv2Sample.options, given).problems).toHaveLength(1);
});
