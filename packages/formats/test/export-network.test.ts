import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expand, plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { exportNetwork } from '@overparam/formats';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';

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

test.each([1, 3])('files for %i examples at a time are compared on as many', async (batch) => {
  const model = tf.sequential({
    layers: [tf.layers.conv2d({ inputShape: [4, 6, 3], filters: 2, kernelSize: 3 })],
  });
  const about = { role: 'plain', normalisation: { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] } } as const;
  for (const options of [{ to: 'onnx' }, { to: 'onnx', preprocessing: true }, { to: 'saved-model' }]) {
    const { gap } = await exportNetwork(join(folder, 'a'), model, about, { ...options, batch });
    expect([options, gap < 1e-5]).toEqual([options, true]);
  }
});

test('an unknown format is named with the nearest', async () => {
  await expect(exportNetwork(folder, network(), { role: 'plain' }, { to: 'onxx' })).rejects.toMatchObject({
    code: 'unknown-format',
    message: expect.stringContaining('Did you mean "onnx"?'),
  });
});

test('slashes in names go through every format', async () => {
  const input = tf.input({ name: 'in/x', shape: [4, 5, 2] });
  const conv = tf.layers.conv2d({ name: 'a/b', filters: 3, kernelSize: 3, padding: 'same' });
  const maps = conv.apply(input) as tf.SymbolicTensor;
  const mean = tf.layers.globalAveragePooling2d({ name: 'a/mean/0' }).apply(maps) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: [maps, mean] });
  for (const to of ['onnx', 'tfjs', 'safetensors', 'saved-model']) {
    const { gap, outputs } = await exportNetwork(join(folder, to), model, { role: 'plain' }, { to });
    expect([to, gap < 1e-6]).toEqual([to, true]);
    expect(outputs).toHaveLength(2);
  }
});

test('sides that are left open stay open where a format has such, and are refused where it has none', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [null, null, 2] as never, filters: 3, kernelSize: 3, padding: 'same' }),
      tf.layers.globalAveragePooling2d({}),
    ],
  });
  for (const to of ['onnx', 'tfjs', 'safetensors']) {
    // Not of the size that is drawn where one leaves it.
    const probes = [tf.randomNormal([2, 5, 9, 2], 0, 1, 'float32', 3)];
    const { gap } = await exportNetwork(join(folder, to), model, { role: 'plain' }, { to, probes });
    expect([to, gap < 1e-5]).toEqual([to, true]);
  }
  await expect(
    exportNetwork(join(folder, 'saved-model'), model, { role: 'plain' }, { to: 'saved-model' }),
  ).rejects.toMatchObject({
    code: 'open-shape',
    message: expect.stringMatching(
      /leaves sides open \(\[\?, \?, \?, 2\]\).*Build the network with a fixed input size/,
    ),
  });
  // At a stride, padding depends on the size.
  const strided = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'half', inputShape: [null, null, 2] as never, filters: 3, kernelSize: 3, strides: 2, padding: 'same' }), // biome-ignore format: one layer
    ],
  });
  for (const to of ['onnx', 'safetensors'])
    await expect(
      exportNetwork(join(folder, `${to}-2`), strided, { role: 'plain' }, { to }),
    ).rejects.toMatchObject({
      code: 'unsupported-layer',
      message: expect.stringMatching(/"half".*open/),
    });
  expect((await readdir(folder)).sort()).toEqual(['onnx', 'safetensors', 'tfjs']);
});

test('recurrent layers are refused by name, with what can be written, and are in the other formats', async () => {
  const layers = { LSTM: tf.layers.lstm, GRU: tf.layers.gru, SimpleRNN: tf.layers.simpleRNN };
  for (const [kind, make] of Object.entries(layers)) {
    const model = tf.sequential({
      layers: [make({ name: 'memory', units: 3, inputShape: [4, 2] } as never)],
    });
    for (const to of ['onnx', 'safetensors'])
      await expect(exportNetwork(join(folder, to), model, { role: 'plain' }, { to })).rejects.toMatchObject({
        code: 'unsupported-layer',
        message: expect.stringMatching(
          new RegExp(
            `"memory" \\(${kind}\\) cannot be written.*in the formats tfjs and saved-model.*Kinds that can be written`,
          ),
        ),
      });
    for (const to of ['tfjs', 'saved-model']) {
      const { gap } = await exportNetwork(join(folder, kind, to), model, { role: 'plain' }, { to });
      expect([kind, to, gap < 1e-6]).toEqual([kind, to, true]);
    }
  }
  expect((await readdir(folder)).sort()).toEqual(['GRU', 'LSTM', 'SimpleRNN']);
});

test('a Python that was asked for and has no PyTorch is an error, and nothing is written', async () => {
  vi.stubEnv('OVERPARAM_PYTHON', process.execPath);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(
    exportNetwork(join(folder, 'torch'), network(), { role: 'plain' }, { to: 'safetensors' }),
  ).rejects.toMatchObject({
    code: 'python-missing',
    message: expect.stringContaining('pip install torch safetensors'),
  });
  expect(await readdir(folder)).toEqual([]);
});
