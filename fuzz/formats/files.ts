import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportNetwork } from '@overparam/formats';
import type { FormatCheck } from './format';

/** A format as `overparam export` writes and reads it back. */
export function inFiles(to: string): FormatCheck {
  return async (model, inputs) => {
    const folder = await mkdtemp(join(tmpdir(), 'overparam-fuzz-'));
    try {
      const options = { to, probes: inputs, tolerance: Number.POSITIVE_INFINITY };
      return (await exportNetwork(join(folder, 'net'), model, { role: 'plain' }, options)).gap;
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}
