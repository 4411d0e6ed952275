import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeSealed, encodeNetwork, encodeSealed, extraLayersFile } from '../src/index';
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

test('an expanded network is two files, a collapsed one also what stock tfjs takes, and comes back from them', async () => {
  const model = network();
  const target = join(folder, 'a', 'collapsed');
  await writeNetwork(target, model, { role: 'collapsed', method: 'trirep' });
  const files = ['group1-shard1of1.bin', 'model.json', 'weights.safetensors'];
  expect((await readdir(target)).sort()).toEqual(files);
  await writeNetwork(join(folder, 'final'), model, { role: 'expanded' });
  expect((await readdir(join(folder, 'final'))).sort()).toEqual(files.slice(1));
  const read = await readNetwork(target, { expect: 'collapsed' });
  expect(read.metadata).toEqual({ role: 'collapsed', method: 'trirep' });
  expect([...read.model.getWeights()[0]!.dataSync()]).toEqual([...model.getWeights()[0]!.dataSync()]);
  const { message } = await errorOf(() => readNetwork(target, { expect: 'expanded' }));
  expect(message).toContain(target);
});

test('the checksum that is told of a network is that of its file of weights', async () => {
  const written = await writeNetwork(folder, network(), { role: 'plain' });
  const bytes = await readFile(join(folder, 'weights.safetensors'));
  const sum = createHash('sha256').update(bytes).digest('hex');
  expect([written.sha256, (await readNetwork(folder)).sha256]).toEqual([sum, sum]);
  await decodeSealed(bytes, 'weights');
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sum);
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

test('a network of the wrong kind is refused with the folder of the right one', async () => {
  await writeNetwork(join(folder, 'run', 'final'), network(), { role: 'expanded' });
  await writeNetwork(join(folder, 'run', 'collapsed'), network(), { role: 'collapsed' });
  const run = join(folder, 'run');
  const first = await errorOf(() => readNetwork(join(run, 'final'), { expect: 'collapsed' }));
  expect(first).toMatchObject({
    code: 'wrong-role',
    message: expect.stringContaining(join(run, 'collapsed')),
  });
  const second = await errorOf(() => readNetwork(join(run, 'collapsed'), { expect: 'expanded' }));
  expect(second).toMatchObject({ code: 'wrong-role', message: expect.stringContaining(join(run, 'final')) });
});

test('files of an earlier network in the folder go', async () => {
  const target = join(folder, 'collapsed');
  await writeNetwork(target, network(), { role: 'collapsed' });
  await writeFile(join(target, 'group1-shard2of2.bin'), '');
  await writeFile(join(target, extraLayersFile), '');
  await writeFile(join(target, 'notes.txt'), '');
  await writeNetwork(target, network(), { role: 'collapsed' });
  expect((await readdir(target)).sort()).toEqual([
    'group1-shard1of1.bin',
    'model.json',
    'notes.txt',
    'weights.safetensors',
  ]);
});

test('a folder of the form that earlier versions wrote is read', async () => {
  const model = network();
  const { weights } = await encodeNetwork(model, { role: 'expanded' });
  // Then a collapsed network had this form, too.
  const file = await decodeSealed(weights, 'test');
  const old = await encodeSealed({ ...file, metadata: { ...file.metadata, role: 'collapsed' } } as never);
  await writeFile(join(folder, 'weights.safetensors'), old);
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(model.toJSON(null, false))}\n`);
  const read = await readNetwork(folder, { expect: 'collapsed' });
  expect([...read.model.getWeights()[0]!.dataSync()]).toEqual([...model.getWeights()[0]!.dataSync()]);
});
