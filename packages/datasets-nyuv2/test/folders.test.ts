import { parseOptions } from '@overparam/plugin';
import { testDataset } from '@overparam/plugin/testing';
import { describe, expect, test } from 'vitest';
import { nyuv2 } from '../src/index';
import { code, dataFolder, difference, layout, noisyExample, npyFile, small, unitLength } from './support';

/** Opens the small dataset after `change` to its files, with options beside the usual ones. */
async function opened(change: (files: Map<string, Buffer>) => void = () => {}, more: object = {}) {
  const files = layout();
  change(files);
  const dataDir = await dataFolder(files);
  return nyuv2.open(parseOptions(nyuv2.options, { ...small, ...more }), { dataDir });
}

describe('contract', async () => {
  const { mkdtempSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const { mkdir, rm, writeFile } = await import('node:fs/promises');
  const { afterAll, beforeAll } = await import('vitest');
  const dataDir = mkdtempSync(join(tmpdir(), 'overparam-nyuv2-contract-'));
  beforeAll(async () => {
    for (const [name, bytes] of layout()) {
      await mkdir(join(dataDir, 'nyuv2', name, '..'), { recursive: true });
      await writeFile(join(dataDir, 'nyuv2', name), bytes);
    }
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  testDataset(nyuv2, { test, context: { dataDir }, options: { ...small, threads: 1, holdOut: 1 } });
});

test('reads the pre-processed layout: splits, order, values', async () => {
  const data = await opened(() => {}, { precision: 'float32' });
  expect([data.splits.train!.size, data.splits.test!.size, data.splits.val]).toEqual([3, 2, undefined]);
  expect(data.tasks.map(({ name, kind, outputs }) => [name, kind, outputs])).toEqual([
    ['segmentation', 'segmentation', 13],
    ['depth', 'depth', 1],
    ['normals', 'normals', 3],
  ]);
  for (const [split, first, count] of [
    ['train', 100, 3],
    ['test', 200, 2],
  ] as const) {
    for (let index = 0; index < count; index++) {
      expect(await data.splits[split]!.example(index)).toEqual(noisyExample(6, 8, first + 10 * index));
    }
  }
  expect(data.provenance).toMatch(/\.npy files .*; 3 train, 2 test; 6x8$/);
  await data.close();
});

test('compact: image within half a 255th, depth within half-precision rounding, and so the directions of normals', async () => {
  const data = await opened();
  const example = await data.splits.train!.example(1);
  const exact = noisyExample(6, 8, 110);
  expect(difference(example.image, exact.image)).toBeLessThanOrEqual(0.5 / 255 + 1e-7);
  expect(difference(example.depth, exact.depth)).toBeLessThanOrEqual(8 * 2 ** -11);
  expect(difference(example.normals, unitLength(exact.normals))).toBeLessThanOrEqual(2 ** -10);
  expect(example.segmentation).toEqual(exact.segmentation);
});

test('takes bytes and 8-bit normals as well, and keeps bytes and directions exactly', async () => {
  const image = Uint8Array.from({ length: 144 }, (_, i) => (i * 7) % 256);
  const normals = Int8Array.from({ length: 144 }, (_, i) => ((i * 5) % 255) - 127);
  const labels = Int8Array.from({ length: 48 }, (_, i) => (i % 14) - 1);
  for (const precision of ['compact', 'float32']) {
    const data = await opened(
      (files) => {
        for (const name of files.keys()) {
          if (name.includes('/image/')) files.set(name, npyFile([6, 8, 3], image));
          if (name.includes('/normal/')) files.set(name, npyFile([6, 8, 3], normals));
          if (name.includes('/label/')) files.set(name, npyFile([6, 8], labels));
        }
      },
      { precision },
    );
    const example = await data.splits.test!.example(1);
    expect(example.image).toEqual(Float32Array.from(image, (value) => value / 255));
    expect(difference(example.normals, unitLength(normals))).toBeLessThan(1e-7);
    expect(example.segmentation).toEqual(labels);
    expect(data.provenance).toMatch(/normals in 8 bits/);
  }
});

test('input is normalised as told; labels are those of the task', async () => {
  const data = await opened(() => {}, {
    precision: 'float32',
    tasks: ['depth', 'segmentation'],
    normalise: { mean: [0.5, 0.25, 0], std: [0.5, 2, 1] },
  });
  const example = await data.splits.train!.example(0);
  const input = new Float32Array(144);
  data.input(example, input, 0);
  expect(input[0]).toBeCloseTo((example.image[0]! - 0.5) / 0.5, 6);
  expect(input[4]).toBeCloseTo((example.image[4]! - 0.25) / 2, 6);
  expect(input[143]).toBeCloseTo(example.image[143]!, 6);
  expect(data.tasks.map(({ name }) => name)).toEqual(['depth', 'segmentation']);
  expect(() => data.label(example, 'normals', new Float32Array(144), 0)).toThrow(code('unknown-task'));
  expect(() => data.splits.train!.example(3)).toThrow(code('index-out-of-range'));
});

test('resizes every scene to the size of the options', async () => {
  const data = await opened(() => {}, { size: [3, 4] });
  expect(data.inputShape).toEqual([3, 4, 3]);
  expect(data.tasks[0]!.label.shape).toEqual([3, 4]);
  const example = await data.splits.train!.example(2);
  expect([example.image.length, example.segmentation.length, example.normals.length]).toEqual([36, 12, 36]);
  // The centre of the first 2x2 pixels lies at pixel (1, 1).
  expect(example.segmentation[0]).toBe(noisyExample(6, 8, 120).segmentation[9]);
});

test('val is carved from train by its own seed', async () => {
  const images = async (more: object) => {
    const data = await opened(() => {}, { precision: 'float32', ...more });
    const names = async (split: string) =>
      Promise.all(
        Array.from({ length: data.splits[split]?.size ?? 0 }, async (_, i) => {
          const { image } = await data.splits[split]!.example(i);
          return [100, 110, 120].find((seed) => noisyExample(6, 8, seed).image[0] === image[0]);
        }),
      );
    return { train: await names('train'), val: await names('val') };
  };
  const first = await images({ holdOut: 1 });
  expect(await images({ holdOut: 1 })).toEqual(first);
  expect([...first.train, ...first.val].sort()).toEqual([100, 110, 120]);
  const others = await Promise.all([1, 2, 3, 4, 5].map((holdOutSeed) => images({ holdOut: 1, holdOutSeed })));
  expect(new Set(others.map(({ val }) => val[0])).size).toBeGreaterThan(1);
  expect((await images({ limit: { train: 2 } })).train).toEqual([100, 110]);
  await expect(images({ holdOut: 3 })).rejects.toThrow(code('invalid-options'));
});

describe('refuses', () => {
  const flat = (length: number, value: number) => new Float32Array(length).fill(value);
  const with1 = (length: number, value: number, rest: number) => {
    const data = flat(length, rest);
    data[length - 1] = value;
    return data;
  };
  test.each<[string, string, RegExp, string, Buffer | null]>([
    ['a missing label file', 'data-missing', /train\/depth\/1\.npy.*unlabelled/, 'train/depth/1.npy', null],
    ['a missing image', 'data-missing', /train\/image\/1\.npy/, 'train/image/1.npy', null],
    ['too few scenes', 'data-count', /holds 2 scenes.*expected 3.*train: 2, test: 2/, 'train/*/2.npy', null],
    [
      'too many scenes',
      'data-count',
      /holds 3 scenes of the split test, expected 2/,
      'val/image/2.npy',
      npyFile([6, 8, 3], flat(144, 0)),
    ],
    ['a name that is no number', 'data-format', /numbered 0\.npy/, 'train/image/a.npy', Buffer.alloc(0)],
    [
      'an image of two channels',
      'data-shape',
      /image\/1\.npy: has shape \[6, 8, 2\], expected \[6, 8, 3\]/,
      'train/image/1.npy',
      npyFile([6, 8, 2], flat(96, 0)),
    ],
    ['channels first', 'data-shape', /\[3, 6, 8\]/, 'train/image/0.npy', npyFile([3, 6, 8], flat(144, 0))],
    [
      'a label of another size',
      'data-shape',
      /label\/0\.npy.*expected \[6, 8\]/,
      'train/label/0.npy',
      npyFile([8, 6], flat(48, 1)),
    ],
    [
      'depth with three channels',
      'data-shape',
      /depth\/0\.npy/,
      'val/depth/0.npy',
      npyFile([6, 8, 3], flat(144, 1)),
    ],
    ['an empty image', 'data-shape', /image\/0\.npy/, 'train/image/0.npy', npyFile([0, 8, 3], flat(0, 0))],
    [
      'a label above 12',
      'data-label',
      /label\/1\.npy.*13.*-1 \(void\) to 12/,
      'train/label/1.npy',
      npyFile([6, 8], with1(48, 13, 0)),
    ],
    ['a label below -1', 'data-label', /-2/, 'train/label/1.npy', npyFile([6, 8], with1(48, -2, 0))],
    [
      'a label between classes',
      'data-label',
      /1\.5/,
      'train/label/1.npy',
      npyFile([6, 8], with1(48, 1.5, 0)),
    ],
    [
      'a label that is no number',
      'data-label',
      /NaN/,
      'train/label/1.npy',
      npyFile([6, 8], with1(48, Number.NaN, 0)),
    ],
    [
      'NaN depth',
      'data-value',
      /depth\/2\.npy: the value NaN at position 47/,
      'train/depth/2.npy',
      npyFile([6, 8, 1], with1(48, Number.NaN, 1)),
    ],
    [
      'infinite depth',
      'data-value',
      /Infinity/,
      'train/depth/2.npy',
      npyFile([6, 8, 1], with1(48, Number.POSITIVE_INFINITY, 1)),
    ],
    ['negative depth', 'data-value', /-1/, 'train/depth/2.npy', npyFile([6, 8, 1], with1(48, -1, 1))],
    [
      'depth in millimetres',
      'data-value',
      /2000.*metres/,
      'train/depth/2.npy',
      npyFile([6, 8, 1], with1(48, 2000, 1)),
    ],
    [
      'an image above 1',
      'data-value',
      /floats from 0 to 1/,
      'val/image/1.npy',
      npyFile([6, 8, 3], with1(144, 1.5, 0.5)),
    ],
    [
      'NaN in an image',
      'data-value',
      /NaN/,
      'val/image/1.npy',
      npyFile([6, 8, 3], with1(144, Number.NaN, 0.5)),
    ],
    [
      'a normal out of range',
      'data-value',
      /normal\/1\.npy/,
      'val/normal/1.npy',
      npyFile([6, 8, 3], with1(144, -1.5, 0.5)),
    ],
    [
      'NaN in normals',
      'data-value',
      /NaN/,
      'val/normal/1.npy',
      npyFile([6, 8, 3], with1(144, Number.NaN, 0.5)),
    ],
    [
      '8-bit normals of -128',
      'data-value',
      /-128/,
      'train/normal/0.npy',
      npyFile([6, 8, 3], new Int8Array(144).fill(-128)),
    ],
    [
      'normals of mixed types',
      'data-format',
      /another type/,
      'train/normal/0.npy',
      npyFile([6, 8, 3], new Int8Array(144).fill(1)),
    ],
    [
      'a scene that is all void',
      'data-unlabelled',
      /label\/0\.npy: has no valid pixel/,
      'train/label/0.npy',
      npyFile([6, 8], flat(48, -1)),
    ],
    [
      'a scene without depth',
      'data-unlabelled',
      /depth\/1\.npy/,
      'train/depth/1.npy',
      npyFile([6, 8, 1], flat(48, 0)),
    ],
    [
      'a scene without normals',
      'data-unlabelled',
      /normal\/1\.npy/,
      'train/normal/1.npy',
      npyFile([6, 8, 3], flat(144, 0)),
    ],
    ['a file that is no npy', 'data-format', /no npy file/, 'train/normal/1.npy', Buffer.alloc(100)],
    [
      'a truncated file',
      'data-truncated',
      /normal\/1\.npy/,
      'train/normal/1.npy',
      npyFile([6, 8, 3], flat(144, 1)).subarray(0, 300),
    ],
  ])('%s', async (_, expected, message, name, bytes) => {
    const change = (files: Map<string, Buffer>) => {
      const [before, after] = name.split('*') as [string, string | undefined];
      const chosen = [...files.keys()].filter(
        (key) => after !== undefined && key.startsWith(before) && key.endsWith(after),
      );
      for (const key of after === undefined ? [name] : chosen) {
        if (bytes === null) files.delete(key);
        else files.set(key, bytes);
      }
    };
    const failure = opened(change);
    await expect(failure).rejects.toThrow(code(expected));
    await expect(failure).rejects.toThrow(message);
  });

  test('a scene of another size than the first', async () => {
    const other = noisyExample(5, 8, 1);
    const change = (files: Map<string, Buffer>) => {
      files.set('train/image/1.npy', npyFile([5, 8, 3], other.image));
      files.set('train/label/1.npy', npyFile([5, 8], other.segmentation));
      files.set('train/depth/1.npy', npyFile([5, 8], other.depth));
      files.set('train/normal/1.npy', npyFile([5, 8, 3], other.normals));
    };
    await expect(opened(change)).rejects.toThrow(code('data-shape'));
  });

  test('a task without labels anywhere, unless it is left out', async () => {
    const change = (files: Map<string, Buffer>) => {
      for (const name of [...files.keys()]) if (name.includes('/normal/')) files.delete(name);
    };
    const failure = opened(change, { unlabelled: 'allow' });
    await expect(failure).rejects.toThrow(code('data-unlabelled'));
    await expect(failure).rejects.toThrow(/normals.*tasks: \[segmentation, depth\]/);
    const data = await opened(change, { tasks: ['segmentation', 'depth'] });
    expect(data.tasks).toHaveLength(2);
  });

  test('no data at all, saying where it looked and what to do', async () => {
    const dataDir = await dataFolder(new Map());
    const failure = nyuv2.open(parseOptions(nyuv2.options, small), { dataDir });
    await expect(failure).rejects.toThrow(code('data-missing'));
    await expect(failure).rejects.toThrow(/overparam data get nyuv2 --data-dir.*nyuv2-sample/);
  });
});

test('allowed: missing labels and all-invalid scenes read as invalid everywhere', async () => {
  const data = await opened(
    (files) => {
      files.delete('train/label/1.npy');
      files.delete('train/depth/1.npy');
      files.set('train/normal/1.npy', npyFile([6, 8, 3], new Float32Array(144)));
    },
    { unlabelled: 'allow' },
  );
  const example = await data.splits.train!.example(1);
  expect(example.segmentation.every((label) => label === -1)).toBe(true);
  expect(example.depth.every((metres) => metres === 0)).toBe(true);
  expect(example.normals.every((value) => value === 0)).toBe(true);
  const labels = new Int32Array(48);
  data.label(example, 'segmentation', labels, 0);
  expect(labels.every((label) => label === -1)).toBe(true);
});

describe('verify', () => {
  test('reports counts, ranges and shares of invalid pixels', async () => {
    const dataDir = await dataFolder(layout());
    const checks = await nyuv2.verify(parseOptions(nyuv2.options, small), { dataDir });
    expect(checks.every(({ ok }) => ok)).toBe(true);
    const details = Object.fromEntries(checks.map(({ what, detail }) => [what, detail]));
    expect(details.scenes).toBe('3 train, 2 test');
    const depths = [100, 110, 120].flatMap((seed) => [...noisyExample(6, 8, seed).depth]);
    const valid = depths.filter((metres) => metres > 0);
    const share = ((100 * (depths.length - valid.length)) / depths.length).toFixed(2);
    expect(details['train: depth']).toBe(
      `${share} % of pixels invalid, ${Math.min(...valid).toFixed(3)} to ${Math.max(...valid).toFixed(3)} m`,
    );
    expect(details['test: segmentation']).toMatch(/% of pixels invalid; bed \d+\.\d %, .*window/);
  });

  test('names what is wrong', async () => {
    const files = layout();
    files.set('val/depth/1.npy', npyFile([6, 8, 1], new Float32Array(48).fill(Number.NaN)));
    const checks = await nyuv2.verify(parseOptions(nyuv2.options, small), {
      dataDir: await dataFolder(files),
    });
    expect(checks.at(-1)).toMatchObject({ ok: false, what: 'NYUv2: data-value' });
    const empty = await nyuv2.verify(parseOptions(nyuv2.options, small), {
      dataDir: await dataFolder(new Map()),
    });
    expect(empty.map(({ ok }) => ok)).toEqual([false]);
  });
});
