import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigFile } from '@overparam/config';
import { afterAll } from 'vitest';

/** A run of some seconds: a ResNet-8 of width 2 on some images of the shipped sample. */
export const tiny: ConfigFile = {
  method: 'plain',
  routine: 'joint',
  backbone: { name: 'resnet', depth: 8, width: 2 },
  dataset: 'cifar100-sample',
  limit: { train: 24, test: 10 },
  epochs: 3,
  batch: 8,
  lr: { peak: 0.05, schedule: 'cosine' },
  seed: 7,
  engine: 'wasm',
};

/** A run of some seconds with three tasks: a SegNet of width 4 on some small scenes of the shipped sample. */
export const tinyScenes: ConfigFile = {
  method: 'plain',
  routine: 'joint',
  backbone: { name: 'segnet', width: 4 },
  dataset: { name: 'nyuv2-sample', size: [32, 32], threads: 0 },
  limit: { train: 6, test: 3 },
  epochs: 2,
  batch: 2,
  lr: 0.003,
  optimiser: 'adam',
  weightDecay: 1e-4,
  select: { kernel: [3, 3] },
  seed: 7,
  engine: 'wasm',
};

/** A folder for one test file's runs, removed after it. */
export function temporaryFolder(): (...names: string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (...names) => join(folder, ...names);
}

/** A file's text. */
export function textOf(...path: string[]): string {
  return readFileSync(join(...path), 'utf8');
}
