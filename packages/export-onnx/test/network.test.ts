import { expand, plain } from '@overparam/core-reparam';
import { keyFromSeed } from '@overparam/engine';
import { encodeNetworkAsOnnx } from '@overparam/export-onnx';
import { checkOnnx } from '@overparam/export-onnx/node';
import { protoFields } from '@overparam/files/protobuf';
import { MaxPoolWithPlaces } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { runInOnnxRuntime } from './support';

function small(): tf.LayersModel {
  return tf.sequential({
    name: 'small',
    layers: [
      tf.layers.conv2d({ name: 'conv', inputShape: [4, 6, 3], filters: 2, kernelSize: 3 }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ name: 'classes', units: 2 }),
    ],
  });
}

/** Fields of a message with a number. */
const fieldsOf = (bytes: Uint8Array, number: number) =>
  [...protoFields(bytes, 'test')].filter(({ field }) => field === number);

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('the file says its format, its opset, and what it was told of the network', async () => {
  const { bytes } = await encodeNetworkAsOnnx(small(), {
    metadata: { role: 'collapsed', 'overparam.x': 'ä' },
  });
  expect(fieldsOf(bytes, 1)[0]!.integer).toBe(7n);
  const [operators] = fieldsOf(bytes, 8);
  expect(fieldsOf(operators!.bytes, 2)[0]!.integer).toBe(13n);
  const metadata = fieldsOf(bytes, 14).map(({ bytes: entry }) => [
    text(fieldsOf(entry, 1)[0]!.bytes),
    text(fieldsOf(entry, 2)[0]!.bytes),
  ]);
  expect(metadata).toEqual([
    ['role', 'collapsed'],
    ['overparam.x', 'ä'],
  ]);
});

test('equal networks give equal bytes', async () => {
  const model = small();
  const [a, b] = [await encodeNetworkAsOnnx(model), await encodeNetworkAsOnnx(model)];
  expect(Buffer.compare(a.bytes, b.bytes)).toBe(0);
});

test('a network of stock layers has one transposition, where it is flattened, and one node a layer else', async () => {
  const { operators, inputs, outputs } = await encodeNetworkAsOnnx(small());
  expect(operators).toEqual({ Conv: 1, Transpose: 1, Flatten: 1, Gemm: 1 });
  expect(inputs.map(({ shape }) => shape)).toEqual([['batch', 3, 4, 6]]);
  expect(outputs).toEqual([{ name: 'classes', type: 'float', shape: ['batch', 2] }]);
});

test('zeros that a layer puts around an image become part of the convolution behind it', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.zeroPadding2d({ inputShape: [4, 6, 1], padding: [[1, 0], [2, 1]] }), // biome-ignore format: pairs
      tf.layers.conv2d({ name: 'conv', filters: 1, kernelSize: 3, kernelInitializer: 'ones' }),
    ],
  });
  const { operators } = await encodeNetworkAsOnnx(model);
  expect(operators).toEqual({ Conv: 1 });
});

test('a batch can be fixed', async () => {
  const { inputs, outputs } = await encodeNetworkAsOnnx(small(), { batch: 3 });
  expect([inputs[0]!.shape, outputs[0]!.shape]).toEqual([
    [3, 3, 4, 6],
    [3, 2],
  ]);
});

test('pixels as a decoder gives them go in where preprocessing is asked for', async () => {
  const input = tf.input({ shape: [1, 2, 2], name: 'picture' });
  const pooled = tf.layers.globalAveragePooling2d({ name: 'mean' }).apply(input) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: pooled });
  const { mean } = await runInOnnxRuntime(
    model,
    // Two pixels beside each other, of two channels each.
    { picture: { shape: [1, 1, 2, 2], data: [0, 255, 51, 102] } },
    { preprocessing: { mean: [0.5, 0.2], std: [0.25, 0.1] } },
    'uint8',
  );
  // The first channel has 0 and 51, the second 255 and 102.
  expect(mean!.data[0]).toBeCloseTo((0.1 - 0.5) / 0.25, 5);
  expect(mean!.data[1]).toBeCloseTo((0.7 - 0.2) / 0.1, 5);
});

test('the comparison finds what differs', async () => {
  const model = small();
  const network = await encodeNetworkAsOnnx(model);
  const probes = [tf.randomNormal([2, 4, 6, 3], 0, 1, 'float32', 1)];
  const same = await checkOnnx(network.bytes, network, model, { probes });
  expect(same.outputs[0]!.gap).toBeLessThan(1e-6);
  const kernel = model.getLayer('conv').getWeights()[0]!;
  model.getLayer('conv').setWeights([kernel.mul(1.001), model.getLayer('conv').getWeights()[1]!]);
  const other = await checkOnnx(network.bytes, network, model, { probes });
  expect(other.outputs[0]!.gap).toBeGreaterThan(1e-5);
});

describe('refused', () => {
  test('an expanded network, with the way to collapse it', async () => {
    const model = expand(small(), { method: plain, key: keyFromSeed(1) });
    await expect(encodeNetworkAsOnnx(model)).rejects.toMatchObject({
      code: 'expanded-network',
      message: expect.stringContaining('overparam collapse RUN'),
    });
  });

  test('a kind of layer that cannot be written, by its name', async () => {
    const model = tf.sequential({
      layers: [tf.layers.gru({ name: 'memory', units: 2, inputShape: [3, 2] })],
    });
    await expect(encodeNetworkAsOnnx(model)).rejects.toMatchObject({
      code: 'unsupported-layer',
      message: expect.stringMatching(/"memory" \(GRU\).*Kinds that can be written/),
    });
  });

  test('padding that depends on a size that is open', async () => {
    const layer = tf.layers.conv2d({
      name: 'conv',
      inputShape: [null as unknown as number, 8, 1],
      filters: 1,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
    });
    await expect(encodeNetworkAsOnnx(tf.sequential({ layers: [layer] }))).rejects.toMatchObject({
      code: 'unsupported-layer',
      message: expect.stringContaining('fixed input size'),
    });
  });

  test('places of maxima as an output, which others count in another way', async () => {
    const input = tf.input({ shape: [2, 2, 1] });
    const outputs = new MaxPoolWithPlaces({ name: 'pool' }).apply(input) as tf.SymbolicTensor[];
    await expect(encodeNetworkAsOnnx(tf.model({ inputs: input, outputs }))).rejects.toMatchObject({
      code: 'unsupported-layer',
    });
  });

  test('preprocessing that does not fit, and batches that are none', async () => {
    const preprocessing = { mean: [0.5], std: [0.5] };
    await expect(encodeNetworkAsOnnx(small(), { preprocessing })).rejects.toMatchObject({
      code: 'invalid-options',
    });
    await expect(encodeNetworkAsOnnx(small(), { batch: 0 })).rejects.toMatchObject({
      code: 'invalid-options',
    });
  });
});
