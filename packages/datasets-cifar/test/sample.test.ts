import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOptions } from '@overparam/plugin';
import { testDataset } from '@overparam/plugin/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cifar100Sample, sampleClasses } from '../src/index';
import { sampleDataset } from '../src/sample';
import { decodeRecords, encodeRecords, packSample, unpackSample } from '../src/sample-codec';
import { samplePath } from '../src/sample-spec';
import { emptyFolder } from './tiny';

const context = { dataDir: 'not used' };
const options = parseOptions(cifar100Sample.options, {});

describe('contract', () => {
  testDataset(cifar100Sample, { test, context });
});

test('has 250 training and 50 test images of each class, in official order', async () => {
  const { splits, tasks } = await cifar100Sample.open(options, context);
  expect(tasks[0]!.classes).toEqual(sampleClasses);
  for (const [name, each] of [
    ['train', 250],
    ['test', 50],
  ] as const) {
    const counts = new Array(10).fill(0);
    for (let i = 0; i < splits[name]!.size; i++) counts[(await splits[name]!.example(i)).label]++;
    expect(counts).toEqual(new Array(10).fill(each));
  }
});

test('classes can be told apart by colour alone far better than chance', async () => {
  // A check of labels against pixels: the nearest class mean in RGB of a 4x4 reduction.
  const data = await cifar100Sample.open(options, context);
  const reduce = (image: Uint8Array) => {
    const cells = new Array<number>(48).fill(0);
    for (let i = 0; i < 3072; i++) {
      const [y, x, c] = [Math.floor(i / 96) >> 3, (Math.floor(i / 3) % 32) >> 3, i % 3];
      cells[(y * 4 + x) * 3 + c]! += image[i]! / 64;
    }
    return cells;
  };
  const means = Array.from({ length: 10 }, () => new Array<number>(48).fill(0));
  for (let i = 0; i < 2500; i++) {
    const { image, label } = await data.splits.train!.example(i);
    reduce(image).forEach((value, k) => {
      means[label]![k]! += value / 250;
    });
  }
  let right = 0;
  for (let i = 0; i < 500; i++) {
    const { image, label } = await data.splits.test!.example(i);
    const cells = reduce(image);
    const distances = means.map((mean) => mean.reduce((sum, value, k) => sum + (value - cells[k]!) ** 2, 0));
    if (distances.indexOf(Math.min(...distances)) === label) right++;
  }
  expect(right / 500).toBeGreaterThan(0.35);
});

test('the packing loses nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 3074, maxLength: 3074 }),
      fc.boolean(),
      async (record, twice) => {
        const records = Buffer.concat(twice ? [record, record.toReversed()] : [record]);
        const packed = await packSample(records, 1);
        expect(Buffer.from(await unpackSample(packed, records.length))).toEqual(records);
        expect(Buffer.from(decodeRecords(encodeRecords(records)))).toEqual(records);
      },
    ),
    { numRuns: 20 },
  );
});

test('a damaged or missing sample is one clear error', async () => {
  const path = join(await emptyFolder(), 'sample.br');
  const broken = sampleDataset(path);
  const code = (expected: string) => expect.objectContaining({ code: expected });
  await expect(broken.open(options, context)).rejects.toThrow(code('data-missing'));
  const packed = await readFile(samplePath());
  await writeFile(path, packed.subarray(0, 1_000_000));
  await expect(broken.open(options, context)).rejects.toThrow(code('data-truncated'));
  const records = await unpackSample(packed, 1e7);
  records[500] = records[500]! ^ 1;
  await writeFile(path, await packSample(records, 1));
  await expect(broken.open(options, context)).rejects.toThrow(code('data-checksum'));
  expect((await broken.verify(options, context)).at(-1)).toMatchObject({
    ok: false,
    what: expect.stringContaining('data-checksum'),
  });
  await writeFile(path, await packSample(records.subarray(3074), 1));
  await expect(broken.open(options, context)).rejects.toThrow(code('data-truncated'));
});
