import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigFile } from '@overparam/config';
import { expect } from 'vitest';
import { type TrainOptions, train } from '../../src/run/train';

/** Trains until `stop` says so, and takes the error for granted. */
export async function interrupted(
  config: ConfigFile,
  out: string,
  at: { epoch?: number; update?: number },
  dataDir = 'data',
) {
  const controller = new AbortController();
  const callbacks: TrainOptions['callbacks'] = {
    onEpoch({ epoch }) {
      if (epoch === at.epoch) controller.abort();
    },
    onUpdate({ update }) {
      if (update === at.update) controller.abort();
    },
  };
  const run = train(config, { out, dataDir, resume: true, callbacks, signal: controller.signal });
  await expect(run).rejects.toMatchObject({ code: 'interrupted' });
}

/** Files of a run that its seed decides. */
export function filesOf(folder: string): Record<string, string> {
  const last = readdirSync(join(folder, 'checkpoints')).sort().at(-1)!;
  const files = [
    'metrics.jsonl',
    'result.json',
    'final/weights.safetensors',
    'collapsed/weights.safetensors',
  ];
  return Object.fromEntries(
    [...files, `checkpoints/${last}`].map((file) => [
      file,
      readFileSync(join(folder, file)).toString('base64'),
    ]),
  );
}
