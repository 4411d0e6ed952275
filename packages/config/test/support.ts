import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { ConfigFile } from '../src';

/** A small network on a few images. */
export const tiny: ConfigFile = {
  backbone: { name: 'resnet', depth: 8, width: 2 },
  dataset: 'cifar100-sample',
  method: 'plain',
  routine: 'joint',
  limit: { train: 24, test: 10 },
  batch: 8,
  epochs: 3,
  lr: { peak: 0.05, schedule: 'cosine' },
  engine: 'wasm',
  seed: 7,
};

/** A folder for one test file, removed after it. */
export function temporaryFolder(): (...names: string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-config-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (...names) => join(folder, ...names);
}
