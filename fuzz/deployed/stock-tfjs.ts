import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { StoredTensor } from '@overparam/export';
import { readSafetensors, writeSafetensors } from '@overparam/export/node';

/** Runs a folder's `model.json` in a process with nothing but stock TensorFlow.js. @returns outputs in their order */
export async function runInStockTfjs(
  folder: string,
  inputs: ReadonlyMap<string, StoredTensor>,
): Promise<readonly StoredTensor[]> {
  await writeSafetensors(join(folder, 'inputs'), { tensors: inputs, metadata: {} });
  const script = fileURLToPath(new URL('./run-in-stock-tfjs.mjs', import.meta.url));
  const layers = existsSync(join(folder, 'layers.js')) ? ['layers.js'] : [];
  await promisify(execFile)(process.execPath, [script, folder, ...layers], { maxBuffer: 2 ** 24 });
  const { tensors } = await readSafetensors(join(folder, 'outputs'));
  return [...tensors.entries()]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, tensor]) => tensor as StoredTensor);
}
