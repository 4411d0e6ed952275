import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ConfigFile } from '@overparam/config';
import { dataRecordOf, readDataRecord } from '@overparam/run-folder';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { checkRows } from '../../src/compare/prepare';
import { main } from '../../src/main';
import { openDataset } from '../../src/run/data';
import { train } from '../../src/run/train';
import { registerDots } from '../support/dot-dataset';
import { filesOf, interrupted } from '../support/interrupted';
import { completed } from '../support/plan';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const config: ConfigFile = { ...tiny, dataset: 'dots', limit: { train: 16, test: 3 }, epochs: 2 };

beforeAll(() => {
  registerDots();
  for (const [name, grey] of [
    ['data', '0'],
    ['copy', '0'],
    ['other', '0.1'],
  ] as const) {
    mkdirSync(path(name));
    writeFileSync(path(name, 'grey'), grey);
  }
});
beforeEach(() => rmSync(path('run'), { recursive: true, force: true }));

const dataDir = () => path('data');

test('the hash is that of inputs and labels, example after example', async () => {
  const dataset = await openDataset({ dataset: { name: 'dots' }, tasks: null }, dataDir());
  const { splits } = await dataRecordOf(dataset, { train: 16, test: 3, val: 0 });
  const hash = createHash('sha256').update(JSON.stringify([[32, 32, 3], dataset.tasks]));
  for (const grey of [0, 1, 2]) {
    hash.update(new Float32Array(3072).fill(grey / 4)).update(Int32Array.of(grey));
  }
  expect(splits).toEqual({
    train: { examples: 16, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    test: { examples: 3, sha256: hash.digest('hex') },
  });
});

test('a run says what data it read, and goes on with the same from another folder', async () => {
  await train(config, { out: path('whole'), dataDir: dataDir() });
  await interrupted({ ...config }, path('run'), { update: 1 }, dataDir());
  await train(config, { out: path('run'), dataDir: path('copy'), resume: true });
  expect(filesOf(path('run'))).toEqual(filesOf(path('whole')));
  expect(textOf(path('run'), 'data.json')).toBe(textOf(path('whole'), 'data.json'));
  expect((await readDataRecord(path('run')))?.splits.train?.examples).toBe(16);
});

test('a run does not go on with other data', async () => {
  await interrupted(config, path('run'), { update: 1 }, dataDir());
  const before = textOf(path('run'), 'data.json');
  await expect(
    train(config, { out: path('run'), dataDir: path('other'), resume: true }),
  ).rejects.toMatchObject({
    code: 'data-differs',
    message: expect.stringMatching(/content of its split "train".*--data-dir/),
  });
  expect(textOf(path('run'), 'data.json')).toBe(before);
  // What the file says does not count where a checkpoint knows better.
  rmSync(path('run', 'data.json'));
  await expect(
    train(config, { out: path('run'), dataDir: path('other'), resume: true }),
  ).rejects.toMatchObject({
    code: 'data-differs',
  });
});

test('a run that trained nothing yet may begin on other data', async () => {
  await interrupted(config, path('run'), { update: 1 }, dataDir());
  for (const file of readdirSync(path('run', 'checkpoints'))) rmSync(path('run', 'checkpoints', file));
  await expect(
    train(config, { out: path('run'), dataDir: path('other'), resume: true }),
  ).resolves.toBeDefined();
});

test('rows of a comparison are refused where finished runs read other data', async () => {
  await train(config, { out: path('run'), dataDir: dataDir() });
  const row = await completed(config);
  const checking = {
    signal: new AbortController().signal,
    onRow: () => undefined,
    runsOf: () => [path('run'), path('absent')],
  };
  await expect(checkRows([row], { ...checking, dataDir: path('copy') })).resolves.toBeDefined();
  await expect(checkRows([row], { ...checking, dataDir: path('other') })).rejects.toMatchObject({
    code: 'data-differs',
  });
});

test('evaluating on other test images is possible and said', async () => {
  await train(config, { out: path('run'), dataDir: dataDir() });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const [folder, times] of [
    ['copy', 0],
    ['other', 1],
  ] as const) {
    stderr.mockClear();
    expect(await main(['evaluate', path('run'), '--data-dir', path(folder)])).toBe(0);
    const told = stderr.mock.calls.filter(([text]) => String(text).includes('not the test images'));
    expect(told).toHaveLength(times);
  }
  vi.restoreAllMocks();
});
