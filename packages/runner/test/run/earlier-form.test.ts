import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readSafetensors, writeSafetensors } from '@overparam/export/node';
import { readRun } from '@overparam/saved-runs';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../src/main';
import { train } from '../../src/run/train';
import { interrupted } from '../support/interrupted';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

const path = temporaryFolder();
const config = { ...tiny, epochs: 2 };

/** A line of `metrics.jsonl`, and a result, as they were before figures were nested by task. */
const line = { epoch: 1, update: 3, stage: 'expanded', trainLoss: 4.7, testLoss: 4.6, top1Error: 90 };
const result = {
  label: 'plain/joint',
  epochs: 2,
  top1Error: 90,
  final: { loss: 4.6, top1Error: 90 },
  collapsed: { loss: 4.6, top1Error: 90 },
};
const outdated = { code: 'run-outdated', message: expect.stringContaining('earlier version') };

beforeAll(() => interrupted(config, path('run'), { epoch: 1 }));
afterEach(() => vi.restoreAllMocks());

/** A folder of an interrupted run with some files of an earlier form. */
function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(path(name), { recursive: true });
  copyFileSync(path('run', 'config.yaml'), path(name, 'config.yaml'));
  for (const [file, text] of Object.entries(files)) writeFileSync(path(name, file), text);
  return path(name);
}

test.each([
  ['flat lines', { 'metrics.jsonl': `${JSON.stringify(line)}\n` }],
  ['a flat result', { 'result.json': JSON.stringify(result) }],
])('a run folder with %s is refused by name', async (what, files) => {
  const folder = folderWith(what.replaceAll(' ', '-'), files as Readonly<Record<string, string>>);
  await expect(readRun(folder)).rejects.toMatchObject(outdated);
  await expect(train(config, { out: folder, resume: true })).rejects.toMatchObject(outdated);
  // Nothing was written over.
  for (const [file, text] of Object.entries(files)) expect(textOf(folder, file)).toBe(text);
});

test('a checkpoint with flat lines is refused by name, and not taken for a damaged one', async () => {
  const folder = folderWith('checkpoint', {});
  mkdirSync(path('checkpoint', 'checkpoints'));
  const file = 'checkpoints/epoch-0001.safetensors';
  const { tensors, metadata: written } = await readSafetensors(path('run', file));
  const { sha256: _, ...metadata } = written;
  const progress = JSON.parse(metadata['overparam.progress']!) as object;
  const earlier = JSON.stringify({ ...progress, history: [line] });
  await writeSafetensors(path('checkpoint', file), {
    tensors,
    metadata: { ...metadata, 'overparam.progress': earlier },
  } as Parameters<typeof writeSafetensors>[1]);
  await expect(train(config, { out: folder, resume: true })).rejects.toMatchObject(outdated);
  expect(existsSync(path('checkpoint', file))).toBe(true);
  rmSync(path('checkpoint', 'lock'), { force: true });
});

test('commands on such a run say so and end with code 2', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const folder = folderWith('commands', { 'result.json': JSON.stringify(result) });
  for (const command of ['evaluate', 'verify', 'collapse']) {
    stderr.mockClear();
    expect(await main([command, folder])).toBe(2);
    expect(stderr.mock.calls.map(([text]) => String(text)).join('')).toContain(
      'written by an earlier version',
    );
  }
  expect(readFileSync(path('commands', 'result.json'), 'utf8')).toBe(JSON.stringify(result));
});
