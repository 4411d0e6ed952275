import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { ConfigFile } from '../../src/config/schema';

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
