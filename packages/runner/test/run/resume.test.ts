import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { ConfigFile } from '@overparam/config';
import { describe, expect, test } from 'vitest';
import { train } from '../../src/run/train';
import { filesOf, interrupted } from '../support/interrupted';
import { hasNativeEngine } from '../support/native';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();

const onNative: ConfigFile = { ...tiny, method: 'trirep', routine: 'progressive', engine: 'tensorflow' };

const cases: Record<string, ConfigFile> = {
  'plain, joint': tiny,
  'trirep, progressive': { ...tiny, method: 'trirep', routine: 'progressive' },
  'trirep that whitens, equally averaged weights': {
    ...tiny,
    method: 'trirep',
    averageWeights: { by: 'swa', from: { updates: 4 }, every: { updates: 2 } },
  },
  'trirep, trained frames, cyclic, adam': {
    ...tiny,
    method: { name: 'trirep', frames: 'channel' },
    routine: 'cyclic',
    optimiser: 'adam',
    lr: 0.003,
  },
  'sgs, progressive': { ...tiny, method: { name: 'sgs', every: 2 }, routine: 'progressive' },
  'repvgg on the two layers of the largest norm, progressive': {
    ...tiny,
    method: 'repvgg',
    routine: 'progressive',
    select: { top: 2, by: 'weightNorm', among: { kernel: [3, 3] } },
  },
  'repvgg, alternating': { ...tiny, method: 'repvgg', routine: 'alternating' },
  ...((await hasNativeEngine('going on after an interruption')) && {
    'trirep, progressive, native': onNative,
    'trirep that whitens, native': { ...tiny, method: 'trirep', engine: 'tensorflow' },
    'sgs, native': { ...tiny, method: { name: 'sgs', every: 2 }, engine: 'tensorflow' },
  }),
};

describe.each(Object.entries(cases))('%s', (name, config) => {
  const folder = (suffix: string) => path(`${name.replaceAll(/\W+/g, '-')}-${suffix}`);

  // A run stopped at several places is a second run of the seed too: equal bytes say both.
  test('one seed gives the same bytes, stopped after any epoch or inside one too', async () => {
    await train(config, { out: folder('whole') });
    const whole = filesOf(folder('whole'));
    expect(textOf(folder('whole'), 'metrics.jsonl').trim().split('\n')).toHaveLength(3);
    await interrupted(config, folder('stopped'), { epoch: 1 });
    await interrupted(config, folder('stopped'), { update: 5 });
    await interrupted(config, folder('stopped'), { epoch: 2 });
    await interrupted(config, folder('stopped'), { epoch: 3 });
    await train(config, { out: folder('stopped'), resume: true });
    expect(filesOf(folder('stopped'))).toEqual(whole);
  });
});

describe('what is recorded of layers, and followed', () => {
  const recorded = { ...tiny, layerRecords: { norms: 1, gains: 2, shapes: 'epoch' } } as const;

  test('is the same bytes after any stop', async () => {
    const config: ConfigFile = { ...recorded, method: { name: 'trirep', frames: 'channel' } };
    await train(config, { out: path('recorded') });
    await interrupted(config, path('recorded-again'), { update: 2 });
    await interrupted(config, path('recorded-again'), { update: 5 });
    await train(config, { out: path('recorded-again'), resume: true });
    expect(filesOf(path('recorded-again'))).toEqual(filesOf(path('recorded')));
    expect(textOf(path('recorded-again'), 'layers.jsonl')).toBe(textOf(path('recorded'), 'layers.jsonl'));
  });

  test.each(['norms', 'rates'] as const)('%s of another run, stopped after any update', async (what) => {
    const config: ConfigFile = { ...recorded, follows: { what, run: path('recorded') } };
    await train(config, { out: path(what) });
    await interrupted(config, path(`${what}-again`), { update: 2 });
    await interrupted(config, path(`${what}-again`), { update: 5 });
    await train(config, { out: path(`${what}-again`), resume: true });
    expect(filesOf(path(`${what}-again`))).toEqual(filesOf(path(what)));
    expect(textOf(path(`${what}-again`), 'layers.jsonl')).toBe(textOf(path(what), 'layers.jsonl'));
  });
});

test('the saved config is enough to run it again', async () => {
  await train(tiny, { out: path('first') });
  await train(path('first', 'config.yaml'), { out: path('again') });
  expect(textOf(path('again'), 'config.yaml')).toBe(textOf(path('first'), 'config.yaml'));
  expect(filesOf(path('again'))).toEqual(filesOf(path('first')));
});

test('another seed gives another run', async () => {
  await train({ ...tiny, epochs: 1 }, { out: path('seed-7') });
  await train({ ...tiny, epochs: 1, seed: '18446744073709551615' }, { out: path('seed-large') });
  expect(textOf(path('seed-7'), 'metrics.jsonl')).not.toBe(textOf(path('seed-large'), 'metrics.jsonl'));
});

test('a damaged newest checkpoint is passed over for the one before, with a warning', async () => {
  await train(tiny, { out: path('whole') });
  await interrupted(tiny, path('damaged'), { epoch: 2 });
  truncateSync(path('damaged', 'checkpoints', 'epoch-0002.safetensors'), 5000);
  const notes: string[] = [];
  await train(tiny, {
    out: path('damaged'),
    resume: true,
    callbacks: { onNote: (note) => notes.push(note) },
  });
  expect(notes.join('\n')).toContain('epoch-0002.safetensors is damaged');
  expect(filesOf(path('damaged'))).toEqual(filesOf(path('whole')));
});

test('a changed byte is noticed as a missing one is', async () => {
  await interrupted(tiny, path('flipped'), { epoch: 1 });
  const file = path('flipped', 'checkpoints', 'epoch-0001.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(file, bytes);
  const notes: string[] = [];
  await train(tiny, {
    out: path('flipped'),
    resume: true,
    callbacks: { onNote: (note) => notes.push(note) },
  });
  expect(notes.join('\n')).toContain('checksum');
});

test('resume on a new folder starts, on a finished run does nothing', async () => {
  const first = await train({ ...tiny, epochs: 1 }, { out: path('new'), resume: true });
  const written = statSync(path('new', 'result.json')).mtimeMs;
  const notes: string[] = [];
  const second = await train(
    { ...tiny, epochs: 1 },
    { out: path('new'), resume: true, callbacks: { onNote: (note) => notes.push(note) } },
  );
  expect(second).toEqual(first);
  expect(notes.join()).toContain('is finished');
  expect(statSync(path('new', 'result.json')).mtimeMs).toBe(written);
});

test('a folder with another run is refused, with --resume too', async () => {
  await interrupted(tiny, path('taken'), { epoch: 1 });
  const before = textOf(path('taken'), 'config.yaml');
  await expect(train(tiny, { out: path('taken') })).rejects.toMatchObject({ code: 'output-exists' });
  const other = train(
    { ...tiny, lr: { peak: 0.2, schedule: 'cosine' } },
    { out: path('taken'), resume: true },
  );
  await expect(other).rejects.toThrow(/another config; it differs in lr\.peak/);
  expect(textOf(path('taken'), 'config.yaml')).toBe(before);
});

test('a folder with other files is refused', async () => {
  writeFileSync(path('notes.txt'), 'mine');
  await expect(train(tiny, { out: path(), resume: true })).rejects.toMatchObject({ code: 'output-exists' });
});

test('a run that cannot begin leaves no run behind', async () => {
  await expect(train({ ...tiny, batch: 1000 }, { out: path('none') })).rejects.toMatchObject({
    code: 'batch-too-large',
  });
  expect(existsSync(path('none', 'config.yaml'))).toBe(false);
  expect(existsSync(path('none', 'lock'))).toBe(false);
});

test('as many checkpoints stay as are asked for', async () => {
  await train({ ...tiny, checkpoints: { keep: 2 } }, { out: path('kept') });
  expect(readdirSync(path('kept', 'checkpoints'))).toEqual([
    'epoch-0002.safetensors',
    'epoch-0003.safetensors',
  ]);
});
