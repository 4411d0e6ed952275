import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StoredTensor } from '@overparam/export';
import { readSafetensors, writeSafetensors } from '@overparam/export/node';

let server: { readonly child: ChildProcess; readonly lines: AsyncIterator<string> } | null = null;

/** Runs a folder's `model.json` in a process with nothing but stock TensorFlow.js. @returns outputs in their order */
export async function runInStockTfjs(
  folder: string,
  inputs: ReadonlyMap<string, StoredTensor>,
): Promise<readonly StoredTensor[]> {
  if (!server) {
    const script = fileURLToPath(new URL('./run-in-stock-tfjs.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.unref();
    server = { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
  }
  await writeSafetensors(join(folder, 'inputs'), { tensors: inputs, metadata: {} });
  server.child.stdin!.write(`${folder}\n`);
  const { value } = await server.lines.next();
  if (value !== 'ok') throw new Error(`stock TensorFlow.js: ${value}`);
  const { tensors } = await readSafetensors(join(folder, 'outputs'));
  return [...tensors.entries()]
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, tensor]) => tensor as StoredTensor);
}

/** Lets the process of {@link runInStockTfjs} go. */
export function stopStockTfjs(): void {
  server?.child.kill();
  server = null;
}
