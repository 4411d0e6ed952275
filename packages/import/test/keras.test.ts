import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { importNetwork, inspectSource } from '../src/index';
import { rejection } from './support';

const folder = fileURLToPath(new URL('./fixtures/keras/', import.meta.url));
const files = readdirSync(folder).filter((name) => /\.(keras|h5)$/.test(name));

/** Numbers of make-keras.py's formula. */
function wave(shape: number[]): tf.Tensor {
  const count = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: count }, (_, i) => Math.sin(0.37 * (i + 1))),
    shape,
  );
}

function outputsOf(model: tf.LayersModel, inputs: tf.Tensor[]): tf.Tensor[] {
  const outputs = model.predict(inputs.length > 1 ? inputs : inputs[0]!);
  return Array.isArray(outputs) ? outputs : [outputs];
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each(files.filter((name) => !name.startsWith('refused')))(
  '%s computes what Keras computes',
  async (name) => {
    const expected = JSON.parse(readFileSync(`${folder}${name.replace(/\.\w+$/, '')}.json`, 'utf8'));
    const before = tf.memory().numTensors;
    const { model } = await importNetwork(`${folder}${name}`);
    tf.tidy(() => {
      const found = outputsOf(model, expected.inputs.map(wave));
      expect(found.map(({ shape }) => shape)).toEqual(
        expected.outputs.map(({ shape }: { shape: number[] }) => shape),
      );
      expected.outputs.forEach(({ data }: { data: number[] }, index: number) => {
        const values = found[index]!.dataSync();
        const largest = Math.max(...data.map(Math.abs));
        expect(Math.max(...data.map((value, i) => Math.abs(value - values[i]!))) / largest).toBeLessThan(
          1e-5,
        );
      });
    });
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);

test.each([
  ['bn-axis', /"batch_normalization\w*" \(BatchNormalization\): it normalises another axis/],
  ['transposed-dilated', /dilation and groups of transposed convolutions/],
  ['lambda', /kind "Lambda", which is not read/],
  ['channels-first', /channels last/],
  ['bicubic', /"nearest" or "bilinear" can be read/],
  ['half', /computes in "mixed_float16"/],
  ['unknown', /kind "GroupNormalization"/],
  ['relu-both', /both max_value and negative_slope/],
  ['relu-threshold', /threshold is 0\.1, and 0 is read/],
  ['activation', /activation "hard_silu"/],
])('refused-%s.keras is refused by the layer', async (name, words) => {
  const before = tf.memory().numTensors;
  const { code, message } = await rejection(importNetwork(`${folder}refused-${name}.keras`));
  expect(code).toBe('layer-unsupported');
  expect(message).toMatch(words);
  expect(tf.memory().numTensors).toBe(before);
});

/** A layers model as TensorFlow.js itself saves it. */
async function saved(
  model: tf.LayersModel,
  change: (json: Record<string, unknown>) => void = () => {},
): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'overparam-tfjs-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const bytes = Buffer.from(artifacts.weightData as ArrayBuffer);
      await writeFile(join(place, 'a.bin'), bytes.subarray(0, 7));
      await writeFile(join(place, 'b.bin'), bytes.subarray(7));
      const json: Record<string, unknown> = {
        format: artifacts.format,
        generatedBy: artifacts.generatedBy,
        modelTopology: artifacts.modelTopology,
        weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: artifacts.weightSpecs }],
      };
      change(json);
      await writeFile(join(place, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return join(place, 'model.json');
}

function network(): tf.LayersModel {
  const draw = (seed: number) => tf.initializers.randomNormal({ seed, stddev: 0.5 });
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      tf.layers.conv2d({
        inputShape: [6, 5, 4],
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        kernelInitializer: draw(1),
      }),
      tf.layers.leakyReLU({ alpha: 0.1 }),
    ],
  });
  const image = tf.input({ shape: [6, 5, 2] });
  const shared = tf.layers.conv2d({
    filters: 4,
    kernelSize: 1,
    activation: 'hardSigmoid',
    kernelInitializer: draw(2),
  });
  const x = shared.apply(image) as tf.SymbolicTensor;
  const y = tf.layers.add().apply([inner.apply(x) as tf.SymbolicTensor, x]) as tf.SymbolicTensor;
  const z = inner.apply(y) as tf.SymbolicTensor;
  const up = tf.layers
    .upSampling2d({ size: [2, 2], interpolation: 'bilinear' })
    .apply(z) as tf.SymbolicTensor;
  const norm = tf.layers
    .batchNormalization({ betaInitializer: draw(3), gammaInitializer: draw(4) })
    .apply(up);
  const flat = tf.layers
    .globalAveragePooling2d({ dataFormat: 'channelsLast' })
    .apply(norm as tf.SymbolicTensor);
  return tf.model({
    inputs: image,
    outputs: tf.layers.dense({ units: 3, kernelInitializer: draw(5) }).apply(flat) as tf.SymbolicTensor,
  });
}

test('a layers model of TensorFlow.js, nested and shared layers included, computes the same', async () => {
  const model = network();
  const { model: read } = await importNetwork(await saved(model));
  const x = wave([2, 6, 5, 2]);
  const [expected, found] = [outputsOf(model, [x])[0]!, outputsOf(read, [x])[0]!];
  expect(tf.max(tf.abs(tf.sub(expected, found))).dataSync()[0]).toBeLessThan(1e-6);
});

test.each([
  [
    'a file outside of the folder',
    (json: Record<string, unknown>) => {
      (json.weightsManifest as { paths: string[] }[])[0]!.paths = ['../a.bin'];
    },
    'tfjs-invalid',
    /only files beside model\.json/,
  ],
  [
    'a graph model',
    (json: Record<string, unknown>) => {
      json.format = 'graph-model';
    },
    'tfjs-invalid',
    /has operations and no layers/,
  ],
  [
    'weights that are too few',
    (json: Record<string, unknown>) => {
      (json.weightsManifest as { weights: unknown[] }[])[0]!.weights.pop();
    },
    'tfjs-invalid',
    /bytes of its files belong to no weight/,
  ],
])('%s is refused', async (_, change, code, words) => {
  const error = await rejection(importNetwork(await saved(network(), change)));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(words);
});

test('weights packed as whole numbers stand for scale times number plus least', async () => {
  const place = await mkdtemp(join(tmpdir(), 'overparam-tfjs-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const layer = { name: 'd', units: 2, use_bias: true, batch_input_shape: [null, 1] };
  const json = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 's', layers: [{ class_name: 'Dense', config: layer }] },
    },
    weightsManifest: [
      {
        paths: ['a.bin'],
        weights: [
          {
            name: 'd/kernel',
            shape: [1, 2],
            dtype: 'float32',
            quantization: { dtype: 'uint8', scale: 0.5, min: -3, original_dtype: 'float32' },
          },
          {
            name: 'd/bias',
            shape: [2],
            dtype: 'float32',
            quantization: { dtype: 'float16', original_dtype: 'float32' },
          },
        ],
      },
    ],
  };
  // Kernel bytes 0 and 100; bias the half-precision words 0xc800 and 0x3c00.
  await writeFile(join(place, 'a.bin'), Buffer.from([0, 100, 0, 0xc8, 0, 0x3c]));
  await writeFile(join(place, 'model.json'), JSON.stringify(json));
  const { model } = await importNetwork(join(place, 'model.json'));
  expect([...outputsOf(model, [tf.tensor2d([[2]])])[0]!.dataSync()]).toEqual([-6 - 8, 94 + 1]);
});

test('a heap of texts in which the HDF5 library would go round for ever is refused', async () => {
  const place = await mkdtemp(join(tmpdir(), 'overparam-h5-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const bytes = readFileSync(`${folder}two.h5`);
  const heap = bytes.indexOf('GCOL');
  let at = heap + 16;
  while (bytes.readUInt16LE(at) !== 0) at += 16 + Math.ceil(Number(bytes.readBigUInt64LE(at + 8)) / 8) * 8;
  bytes.writeBigUInt64LE(0n, at + 8);
  await writeFile(join(place, 'a.h5'), bytes);
  const error = await rejection(importNetwork(join(place, 'a.h5')));
  expect(error.code).toBe('hdf5-invalid');
  expect(error.message).toContain('a heap of texts holds something without an end');
});

test('a config that is nested without end is refused, and overflows no stack', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const place = await mkdtemp(join(tmpdir(), 'overparam-tfjs-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  await writeFile(join(place, 'model.json'), `{"modelTopology": {}, "weightsManifest": ${deep}}`);
  expect((await rejection(importNetwork(join(place, 'model.json')))).message).toContain(
    'nested deeper than 256',
  );
});

// Counted by Keras's `count_params` and by summing PyTorch's `numel`.
test.each([
  ['keras/network.keras', 'Keras 3', null, 1172, expect.any(Number)],
  // One dense layer from 5 numbers to 3.
  ['keras/two.h5', 'Keras, HDF5', null, 18, 15],
  ['networks/repvgg.pth', 'checkpoint of PyTorch', 'expanded', 13_430, null],
  ['networks/resnet18.pth', 'checkpoint of PyTorch', null, 45_557, null],
])('%s says what it is', async (name, format, role, parameters, multiplyAdds) => {
  const before = tf.memory().numTensors;
  const found = await inspectSource(join(folder, '..', name));
  expect(found).toMatchObject({ format, role, parameters, multiplyAdds });
  expect(found!.checks.every(({ ok }) => ok)).toBe(true);
  expect(found!.layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
  if (role) expect(found!.about).toEqual({ 'names of': 'repvgg', blocks: '22 of repvgg' });
  expect(tf.memory().numTensors).toBe(before);
});

test('what cannot be imported is told with its layers, and other files are left to others', async () => {
  const found = await inspectSource(join(folder, 'refused-lambda.keras'));
  expect(found!.layers.map(({ kind }) => kind)).toContain('Lambda');
  expect(found).toMatchObject({ multiplyAdds: null, checks: [{ ok: false }] });
  expect(await inspectSource(folder)).toBe(null);
  expect(await inspectSource(join(folder, '../networks/repvgg-deploy.safetensors'))).toBe(null);
});
