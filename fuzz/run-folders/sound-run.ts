import { existsSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '@overparam/runner';

/** Where a process finds the run that its parent has trained. */
const variable = 'OVERPARAM_FUZZ_RUN';

/** Trains a small run with pictures, and another one's beginning; children of this process find them. */
export async function makeSoundRun(): Promise<void> {
  if (process.env[variable] !== undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'overparam-fuzz-run-'));
  await train(
    {
      method: 'fnl',
      routine: 'joint',
      backbone: { name: 'segnet', width: 2 },
      dataset: { name: 'nyuv2-sample', size: [32, 32], threads: 0 },
      limit: { train: 4, test: 2 },
      epochs: 2,
      batch: 2,
      lr: 0.003,
      seed: 7,
      engine: 'wasm',
    },
    { out: folder },
  );
  process.env[variable] = folder;
}

/** The folder of the sound run. */
export function soundRun(): string {
  return process.env[variable]!;
}

/** A copy of the sound run in `folder`, made once; one file of it is then written over with each input. */
export async function copiedRun(folder: string): Promise<string> {
  const run = join(folder, 'run');
  if (!existsSync(run)) await cp(soundRun(), run, { recursive: true });
  return run;
}
