import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { keyFromSeed } from '@overparam/engine';
import { parseOptions } from '@overparam/plugin';
import { testDataset } from '@overparam/plugin/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { makeTar } from '../../dataset-files/test/make-tar';
import type { CifarExample } from '../src/augment';
import { officialDataset } from '../src/official';
import { cifar10Spec, cifar100Spec } from '../src/spec';
import { emptyFolder, tiny } from './tiny';

const code = (expected: string) => expect.objectContaining({ code: expected });
const given = tiny();
const { dataset, content, options, schema } = given;

/** A data folder with these files in the dataset's own. */
async function dataDirOf(files: Record<string, Uint8Array>): Promise<string> {
  const dataDir = await emptyFolder();
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(dataDir, 'tiny', name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, bytes);
  }
  return dataDir;
}

const mapped = (change: (name: string, bytes: Uint8Array) => [string, Uint8Array]) =>
  Object.fromEntries(Object.entries(content).map(([name, bytes]) => change(name, bytes)));

async function examplesIn(dataDir: string): Promise<CifarExample[]> {
  const { splits } = await dataset.open(options, { dataDir });
  return Promise.all(
    Object.values(splits).flatMap((split) => Array.from({ length: split.size }, (_, i) => split.example(i))),
  );
}

describe('contract', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'overparam-cifar-'));
  mkdirSync(join(dataDir, 'tiny'));
  for (const [name, bytes] of Object.entries(content)) writeFileSync(join(dataDir, 'tiny', name), bytes);
  afterAll(() => rmSync(dataDir, { recursive: true }));
  testDataset(dataset, { test, context: { dataDir } });
});

test('an example is the record, its planes interleaved', async () => {
  const examples = await examplesIn(await dataDirOf(content));
  expect(examples.map(({ label }) => label)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  const record = content['two.bin']!.subarray(2 * 3073, 3 * 3073);
  const { image } = examples[8]!;
  for (const [y, x, c] of [
    [0, 0, 0],
    [0, 1, 0],
    [1, 0, 1],
    [17, 30, 2],
    [31, 31, 2],
  ] as const) {
    expect(image[(y * 32 + x) * 3 + c]).toBe(record[1 + c * 1024 + y * 32 + x]);
  }
});

test('inputs are (pixel / 255 - mean) / std', async () => {
  const data = await dataset.open(options, { dataDir: await dataDirOf(content) });
  const example = (await data.splits.test!.example(1)) as CifarExample;
  const target = new Float32Array(3072);
  data.input(example, target, 0);
  const { mean, std } = given.spec;
  const expected = Float32Array.from(example.image, (pixel, i) => (pixel / 255 - mean[i % 3]!) / std[i % 3]!);
  expect(target).toEqual(expected);
});

describe('reads the same from', () => {
  test.each([
    ['the unpacked folder', mapped((name, bytes) => [`tiny-binary/${name}`, bytes])],
    ['gzip files', mapped((name, bytes) => [`${name}.gz`, gzipSync(bytes)])],
    ['gzip files in the folder', mapped((name, bytes) => [`tiny-binary/${name}.gz`, gzipSync(bytes)])],
    ['the archive', { 'tiny.tar.gz': given.archive }],
    ['a mixture', { 'tiny.tar.gz': given.archive, 'two.bin': content['two.bin']! }],
  ])('%s', async (_, files) => {
    const expected = await examplesIn(await dataDirOf(content));
    expect(await examplesIn(await dataDirOf(files))).toEqual(expected);
  });
});

test('what was unpacked is kept and read the next time', async () => {
  const dataDir = await dataDirOf({ 'tiny.tar.gz': given.archive });
  const first = await examplesIn(dataDir);
  const names = await readdir(join(dataDir, 'tiny'));
  expect(names.sort()).toEqual(['one.bin', 'test.bin', 'tiny.tar.gz', 'two.bin']);
  expect(new Uint8Array(await readFile(join(dataDir, 'tiny', 'one.bin')))).toEqual(
    new Uint8Array(content['one.bin']!),
  );
  await writeFile(join(dataDir, 'tiny', 'tiny.tar.gz'), 'not an archive');
  expect(await examplesIn(dataDir)).toEqual(first);
});

test('a folder marked read-only stays as it is', async () => {
  const dataDir = await dataDirOf({ 'tiny.tar.gz': given.archive });
  await chmod(join(dataDir, 'tiny'), 0o555);
  expect(await examplesIn(dataDir)).toHaveLength(15);
  expect(await readdir(join(dataDir, 'tiny'))).toEqual(['tiny.tar.gz']);
  await chmod(join(dataDir, 'tiny'), 0o755);
});

test('missing files: where it looked, and the command', async () => {
  const dataDir = await dataDirOf({ 'one.bin': content['one.bin']! });
  const failure = dataset.open(options, { dataDir });
  await expect(failure).rejects.toThrow(code('data-missing'));
  await expect(failure).rejects.toThrow(/two\.bin, test\.bin not found/);
  await expect(failure).rejects.toThrow(join(dataDir, 'tiny'));
  await expect(failure).rejects.toThrow(`overparam data get tiny --data-dir ${dataDir}`);
});

describe('refuses', () => {
  const changed = (bytes: Uint8Array, at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  const one = content['one.bin']!;
  const foreign = gzipSync(makeTar([]));
  test.each([
    ['a truncated file', { 'one.bin': one.subarray(0, -1) }, 'data-truncated'],
    ['a file that is too long', { 'one.bin': Buffer.concat([one, one]) }, 'data-format'],
    ['a changed pixel', { 'one.bin': changed(one, 100, one[100]! ^ 1) }, 'data-checksum'],
    ['a label out of range', { 'one.bin': changed(one, 3073, 3) }, 'data-label'],
    ['a cut gzip file', { 'one.bin.gz': gzipSync(one).subarray(0, -20) }, 'data-truncated'],
    ['a damaged gzip file', { 'one.bin.gz': changed(gzipSync(one), 0, 7) }, 'data-format'],
    ['a gzip file with more in it', { 'one.bin.gz': gzipSync(Buffer.concat([one, one])) }, 'data-format'],
    [
      'a cut xz file',
      { 'one.bin.xz': Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]) },
      'data-truncated',
    ],
    ['another archive', { 'tiny.tar.gz': foreign }, 'data-checksum'],
  ])('%s', async (_, files, expected) => {
    const rest = Object.fromEntries(Object.entries(content).filter(([name]) => name !== 'one.bin'));
    const dataDir = await dataDirOf({ ...rest, ...files });
    const failure = dataset.open(options, { dataDir });
    await expect(failure).rejects.toThrow(code(expected));
    await expect(failure).rejects.toThrow(/overparam data get tiny/);
    const checks = await dataset.verify(options, { dataDir });
    expect(checks.filter(({ ok }) => !ok)).toHaveLength(1);
    expect(checks.at(-1)!.what).toContain(expected);
    const left = (await readdir(join(dataDir, 'tiny'))).filter((name) => name.endsWith('.part'));
    expect(left).toEqual([]);
  });
});

test('files that are each sound but not in balance are found where checksums say nothing', async () => {
  const one = Buffer.from(content['one.bin']!);
  one[0] = 1;
  const hex = createHash('md5').update(one).digest('hex');
  const [first, ...others] = given.spec.files;
  const bare = {
    ...given.spec,
    files: [{ ...first!, checksum: { algorithm: 'md5', hex } as const }, ...others],
  };
  const unsummed = officialDataset(bare, '', schema, () => bare.labels.class!);
  const dataDir = await dataDirOf({ ...content, 'one.bin': one });
  await expect(unsummed.open(options, { dataDir })).rejects.toThrow(
    /3 examples with the class label 0 \(a\), expected 4/,
  );
});

test('verify lists what it found, where, and each check', async () => {
  const dataDir = await dataDirOf(content);
  const checks = await dataset.verify(options, { dataDir });
  expect(checks.every(({ ok }) => ok)).toBe(true);
  expect(checks.map(({ what }) => what)).toEqual([
    ...['one.bin', 'two.bin', 'test.bin'].map((name) => `${name}: found`),
    ...['one.bin', 'two.bin'].flatMap((name) =>
      ['size', 'labels', 'sha256'].map((what) => `${name}: ${what}`),
    ),
    ...['size', 'labels', 'class counts', 'sha256'].map((what) => `test.bin: ${what}`),
    'train: class counts',
  ]);
});

test.each([cifar10Spec, cifar100Spec])('every file of $title is known by its content', ({ files }) => {
  const sums = files.map(({ checksum }) => checksum.hex);
  expect(new Set(sums).size).toBe(files.length);
  for (const { checksum } of files)
    expect(checksum.hex).toMatch(checksum.algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{64}$/);
});

test('limit takes the first examples; holdOut carves val from them, the same for the same seed', async () => {
  const dataDir = await dataDirOf(content);
  const open = (text: object) => dataset.open(parseOptions(schema, text), { dataDir });
  const limited = await open({ limit: { train: 7, test: 2 } });
  expect([limited.splits.train!.size, limited.splits.test!.size, limited.splits.val]).toEqual([
    7,
    2,
    undefined,
  ]);
  const held = await open({ limit: { train: 10 }, holdOut: 4, holdOutSeed: 3 });
  const again = await open({ limit: { train: 10 }, holdOut: 4, holdOutSeed: 3 });
  const other = await open({ limit: { train: 10 }, holdOut: 4, holdOutSeed: 4 });
  const images = (data: typeof held, split: string) =>
    Array.from({ length: data.splits[split]!.size }, (_, i) =>
      Buffer.from((data.splits[split]!.example(i) as CifarExample).image).toString('base64'),
    );
  const all = images(await open({}), 'train').slice(0, 10);
  expect(images(held, 'val')).toHaveLength(4);
  expect(new Set([...images(held, 'val'), ...images(held, 'train')])).toEqual(new Set(all));
  expect(images(again, 'val')).toEqual(images(held, 'val'));
  expect(images(other, 'val')).not.toEqual(images(held, 'val'));
  // Official order within each split.
  expect(images(held, 'train')).toEqual(all.filter((image) => !images(held, 'val').includes(image)));
});

test('bad requests are named', async () => {
  const dataDir = await dataDirOf(content);
  await expect(dataset.open(parseOptions(schema, { holdOut: 12 }), { dataDir })).rejects.toThrow(
    /holdOut is 12/,
  );
  const data = await dataset.open(options, { dataDir });
  expect(() => data.splits.train!.example(12)).toThrow(code('index-out-of-range'));
  const example = await data.splits.train!.example(0);
  expect(() => data.label(example, 'depth', new Int32Array(1), 0)).toThrow(code('unknown-task'));
  const still = await dataset.open(parseOptions(schema, { augmentation: { padding: 0, flip: false } }), {
    dataDir,
  });
  expect(still.augment(example, keyFromSeed(1))).toBe(example);
});

test('a signal stops reading', async () => {
  const dataDir = await dataDirOf(content);
  const signal = AbortSignal.abort();
  await expect(dataset.open(options, { dataDir, signal })).rejects.toThrow(code('aborted'));
  await expect(dataset.verify(options, { dataDir, signal })).rejects.toThrow(code('aborted'));
});
