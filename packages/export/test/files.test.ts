import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readNetwork, readSafetensors, writeNetwork, writeSafetensors } from '../src/node';
import { errorOf } from './support';

let folder: string;

beforeEach(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'overparam-export-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function network(): tf.LayersModel {
  return tf.sequential({
    name: 'line',
    layers: [tf.layers.dense({ name: 'line', inputShape: [2], units: 3 })],
  });
}

test('a network is two files, and comes back from them', async () => {
  const model = network();
  const target = join(folder, 'a', 'collapsed');
  await writeNetwork(target, model, { role: 'collapsed', method: 'trirep' });
  expect((await readdir(target)).sort()).toEqual(['model.json', 'weights.safetensors']);
  const read = await readNetwork(target, { expect: 'collapsed' });
  expect(read.metadata).toEqual({ role: 'collapsed', method: 'trirep' });
  expect([...read.model.getWeights()[0]!.dataSync()]).toEqual([...model.getWeights()[0]!.dataSync()]);
  const { message } = await errorOf(() => readNetwork(target, { expect: 'expanded' }));
  expect(message).toContain(target);
});

test('neither the folder nor the time is in the files', async () => {
  const model = network();
  await writeNetwork(join(folder, 'a'), model, { role: 'plain' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await writeNetwork(join(folder, 'b'), model, { role: 'plain' });
  for (const name of ['model.json', 'weights.safetensors']) {
    const [a, b] = await Promise.all(['a', 'b'].map((part) => readFile(join(folder, part, name))));
    expect(a!.equals(b!)).toBe(true);
    expect(a!.includes(folder)).toBe(false);
  }
});

test('a safetensors file is written and read, and a damaged one is named', async () => {
  const path = join(folder, 'w.safetensors');
  const tensors = new Map([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, -0) }]] as const);
  await writeSafetensors(path, { tensors, metadata: { a: 'b' } });
  expect(await readSafetensors(path)).toEqual({ tensors, metadata: { a: 'b' } });
  await writeFile(path, (await readFile(path)).subarray(0, 30));
  const error = await errorOf(() => readSafetensors(path));
  expect([error.code, error.message.startsWith(path)]).toEqual(['safetensors-invalid', true]);
});

test('a missing file is an error that names it', async () => {
  const error = await errorOf(() => readNetwork(join(folder, 'none')));
  expect(error.code).toBe('file-missing');
  expect(error.message).toContain(join(folder, 'none', 'model.json'));
});
