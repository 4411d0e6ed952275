import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expand, plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { exportNetwork } from '@overparam/formats';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;

beforeEach(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'overparam-export-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const network = () =>
  tf.sequential({ layers: [tf.layers.dense({ name: 'line', inputShape: [2], units: 1 })] });

test('nothing is written where the comparison fails, or the network is refused', async () => {
  const target = join(folder, 'out');
  // A gap of rounding alone is above this.
  const wide = tf.sequential({
    layers: [tf.layers.dense({ inputShape: [400], units: 50, activation: 'tanh' })],
  });
  await expect(
    exportNetwork(target, wide, { role: 'plain' }, { to: 'onnx', tolerance: 1e-12 }),
  ).rejects.toMatchObject({ code: 'export-mismatch' });
  const expanded = expand(network(), { method: plain, key: keyFromSeed(1), select: { kind: 'dense' } });
  for (const to of ['onnx', 'tfjs', 'safetensors', 'saved-model'])
    await expect(exportNetwork(target, expanded, { role: 'expanded' }, { to })).rejects.toMatchObject({
      code: 'expanded-network',
      message: expect.stringContaining('overparam collapse RUN'),
    });
  expect(await readdir(folder)).toEqual([]);
});

test('files of the same names are replaced, and others stay', async () => {
  await mkdir(join(folder, 'out'));
  await writeFile(join(folder, 'out', 'model.onnx'), 'old');
  await writeFile(join(folder, 'out', 'notes.txt'), 'mine');
  const report = await exportNetwork(join(folder, 'out'), network(), { role: 'plain' }, { to: 'onnx' });
  expect((await readdir(join(folder, 'out'))).sort()).toEqual(['model.onnx', 'notes.txt']);
  expect(report.files[0]!.bytes).toBeGreaterThan(100);
  expect(await readdir(folder)).toEqual(['out']);
});

test('no tensors are left over', async () => {
  const model = network();
  const before = tf.memory().numTensors;
  for (const to of ['onnx', 'tfjs', 'safetensors']) {
    await exportNetwork(join(folder, to), model, { role: 'plain' }, { to });
    expect([to, tf.memory().numTensors]).toEqual([to, before]);
  }
});

test('pictures are normalised within ONNX, as the network says', async () => {
  const model = tf.sequential({
    layers: [tf.layers.conv2d({ inputShape: [4, 6, 3], filters: 2, kernelSize: 3 })],
  });
  const about = { role: 'plain', normalisation: { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] } } as const;
  const report = await exportNetwork(join(folder, 'a'), model, about, { to: 'onnx', preprocessing: true });
  expect(report.gap).toBeLessThan(1e-5);
  await expect(
    exportNetwork(join(folder, 'b'), model, { role: 'plain' }, { to: 'onnx', preprocessing: true }),
  ).rejects.toMatchObject({ code: 'normalisation-unknown' });
});

test('an unknown format is named with the nearest', async () => {
  await expect(exportNetwork(folder, network(), { role: 'plain' }, { to: 'onxx' })).rejects.toMatchObject({
    code: 'unknown-format',
    message: expect.stringContaining('Did you mean "onnx"?'),
  });
});
