import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress, Trained } from '@overparam/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, expect, test } from 'vitest';
import { newestCheckpoint, writeCheckpoint } from '../src';

const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const backend = tf.backend() as { kernelChoices?(): Readonly<Record<string, string>> };
afterEach(() => {
  delete backend.kernelChoices;
});

const trained = {
  network: { parameters: [], states: [] },
  optimiser: { slots: new Map() },
  averages: null,
} as unknown as Trained;

const nothing = { totals: {}, counts: {} };

const progress: Progress = {
  update: 0,
  stage: 'expanded',
  history: [],
  sums: {
    updates: 0,
    loss: 0,
    wrong: nothing,
    losses: nothing,
    weights: nothing,
    cosines: nothing,
    present: {},
    phases: {},
    rate: 0,
  },
  balancer: null,
} as unknown as Progress;

const write = (name: string) =>
  writeCheckpoint(join(folder, name), progress, trained, {
    keep: 'all',
    data: { splits: {}, provenance: 'made here' },
    config: 'none',
  });
const warn = (text: string) => {
  throw new Error(text);
};

test('the ways that steps took are in the checkpoint', async () => {
  const ways = { 'filter gradient of 2x4x4x64 by 3x3x64x64': 'products' };
  backend.kernelChoices = () => ways;
  await write('ways');
  expect((await newestCheckpoint(join(folder, 'ways'), warn))?.kernels).toEqual(ways);
});

test('where there is one way for everything, a checkpoint does not speak of them', async () => {
  await write('none');
  const file = join(folder, 'none', 'checkpoints', 'epoch-0000.safetensors');
  expect(readFileSync(file, 'latin1')).not.toContain('overparam.kernels');
  expect((await newestCheckpoint(join(folder, 'none'), warn))?.kernels).toEqual({});
});
