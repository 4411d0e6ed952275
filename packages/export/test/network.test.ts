import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  decodeNetwork,
  decodeSafetensors,
  decodeSealed,
  encodeNetwork,
  encodeSafetensors,
  encodeSealed,
  type NetworkFiles,
  type StoredTensor,
  sha256,
} from '../src/index';
import { errorOf } from './support';

/** A layer that stock tfjs does not have. */
class Scale extends tf.layers.Layer {
  static className = 'TestScale';
  override build(inputShape: tf.Shape): void {
    this.addWeight('factor', [inputShape.at(-1)!], 'float32', tf.initializers.ones());
    super.build(inputShape);
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = Array.isArray(inputs) ? inputs : [inputs];
    return tf.mul(x!, this.weights[0]!.read());
  }
}

/** A small residual network with every kind of layer that collapsed networks have. */
function network(options: { filters?: number; names?: string; scale?: boolean } = {}): tf.LayersModel {
  const { filters = 3, names = 'stage1', scale = false } = options;
  const image = tf.input({ name: 'image', shape: [5, 5, 2] });
  const padding = tf.layers.zeroPadding2d({
    name: `${names}_pad`,
    padding: [
      [1, 0],
      [2, 1],
    ],
  });
  const convolution = tf.layers.conv2d({
    name: `${names}_conv`,
    filters,
    kernelSize: 3,
    strides: 2,
    kernelInitializer: tf.initializers.randomNormal({ seed: 1 }),
  });
  const norm = tf.layers.batchNormalization({ name: `${names}_norm`, epsilon: 1e-5, momentum: 0.9 });
  let x = norm.apply(convolution.apply(padding.apply(image))) as tf.SymbolicTensor;
  if (scale) x = new Scale({ name: 'scale' }).apply(x) as tf.SymbolicTensor;
  const sum = tf.layers
    .add({ name: 'add' })
    .apply([x, tf.layers.activation({ name: 'relu', activation: 'relu' }).apply(x) as tf.SymbolicTensor]);
  const features = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(sum) as tf.SymbolicTensor;
  const dense = tf.layers.dense({
    name: 'classifier',
    units: 4,
    kernelInitializer: tf.initializers.randomNormal({ seed: 2 }),
  });
  const model = tf.model({
    name: 'small',
    inputs: image,
    outputs: dense.apply(features) as tf.SymbolicTensor,
  });
  const statistics = [1.5, 0.25, 2].slice(0, filters);
  if (!scale)
    norm.setWeights([1, 2, 3, 4].map((factor) => tf.tensor1d(statistics.map((value) => value * factor))));
  return model;
}

function outputs(model: tf.LayersModel): number[] {
  return tf.tidy(() => [
    ...(model.predict(tf.linspace(-1, 1, 100).reshape([2, 5, 5, 2])) as tf.Tensor).dataSync(),
  ]);
}

/** The network's weights with one change. */
async function changed(
  weights: Uint8Array,
  change: (tensors: Map<string, StoredTensor>) => void,
  more: Record<string, string> = {},
): Promise<Uint8Array> {
  const { tensors, metadata } = await decodeSealed(weights, 'test');
  const copy = new Map(tensors as ReadonlyMap<string, StoredTensor>);
  change(copy);
  return encodeSealed({ tensors: copy, metadata: { ...metadata, ...more } });
}

/** The network with another topology that the weights name as theirs. */
async function withTopology({ weights }: NetworkFiles, topology: string): Promise<NetworkFiles> {
  const sum = await sha256(new TextEncoder().encode(topology));
  return { topology, weights: await changed(weights, () => {}, { topology: sum }) };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('a network comes back with its weights, outputs and metadata, and is written to the same bytes again', async () => {
  const model = network();
  const metadata = {
    role: 'collapsed',
    method: 'fnl',
    gap: 3.5e-7,
    lineage: { seed: '18446744073709551615', rates: [0.1, null] },
  } as const;
  const files = await encodeNetwork(model, metadata);
  const read = await decodeNetwork(files, { expect: 'collapsed' });
  expect(read.metadata).toEqual(metadata);
  expect(outputs(read.model)).toEqual(outputs(model));
  expect(await encodeNetwork(read.model, read.metadata)).toEqual(files);
});

test('weights are named as tfjs names them, running statistics included', async () => {
  const { weights } = await encodeNetwork(network(), { role: 'plain' });
  expect([...decodeSafetensors(weights).tensors.keys()].sort()).toEqual([
    'classifier/bias',
    'classifier/kernel',
    'stage1_conv/bias',
    'stage1_conv/kernel',
    'stage1_norm/beta',
    'stage1_norm/gamma',
    'stage1_norm/moving_mean',
    'stage1_norm/moving_variance',
  ]);
});

test('the order of metadata does not show in the bytes', async () => {
  const model = network();
  const one = await encodeNetwork(model, { role: 'plain', a: 1, b: { c: 2, d: 3 } });
  const other = await encodeNetwork(model, { b: { d: 3, c: 2 }, a: 1, role: 'plain' });
  expect(other).toEqual(one);
});

test('stock tfjs alone loads the topology and takes the weights', async () => {
  const model = network();
  const { topology, weights } = await encodeNetwork(model, { role: 'collapsed' });
  const loaded = await tf.models.modelFromJSON(JSON.parse(topology).modelTopology);
  const length = Number(new DataView(weights.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length)));
  const tensors = Object.entries<{ shape: number[]; data_offsets: [number, number] }>(header)
    .filter(([name]) => name !== '__metadata__')
    .map(
      ([
        name,
        {
          shape,
          data_offsets: [start, end],
        },
      ]) => [
        name,
        tf.tensor(new Float32Array(weights.slice(8 + length + start, 8 + length + end).buffer), shape),
      ],
    );
  loaded.loadWeights(Object.fromEntries(tensors));
  expect(outputs(loaded)).toEqual(outputs(model));
});

test('a sequential network comes back', async () => {
  const model = tf.sequential({
    name: 'stack',
    layers: [tf.layers.flatten({ inputShape: [5, 5, 2] }), tf.layers.dense({ units: 3 })],
  });
  const { model: read } = await decodeNetwork(await encodeNetwork(model, { role: 'plain' }));
  expect(outputs(read)).toEqual(outputs(model));
});

test('reading and writing leave no tensors behind, nor does a failure', async () => {
  const model = network();
  const before = tf.memory().numTensors;
  const files = await encodeNetwork(model, { role: 'plain' });
  expect(tf.memory().numTensors).toBe(before);
  const { model: read } = await decodeNetwork(files);
  read.dispose();
  expect(tf.memory().numTensors).toBe(before);
  const weights = await changed(files.weights, (tensors) => tensors.delete('classifier/bias'));
  await errorOf(() => decodeNetwork({ ...files, weights }));
  expect(tf.memory().numTensors).toBe(before);
});

test('another role than the expected one is an error that names both', async () => {
  const files = await encodeNetwork(network(), { role: 'expanded', method: 'repvgg' });
  const error = await errorOf(() => decodeNetwork(files, { expect: 'collapsed', source: 'runs/a/final' }));
  expect(error.code).toBe('wrong-role');
  expect(error.message).toMatch(/^runs\/a\/final: .*"collapsed".*"expanded"/);
});

test.each<[string, (tensors: Map<string, StoredTensor>) => void, RegExp]>([
  [
    'a missing tensor',
    (tensors) => tensors.delete('stage1_norm/gamma'),
    /no tensor for "stage1_norm\/gamma"/,
  ],
  [
    'an extra tensor',
    (tensors) => tensors.set('more/kernel', { dtype: 'F32', shape: [0], data: new Float32Array(0) }),
    /no layer has the weight "more\/kernel"/,
  ],
  [
    'another shape',
    (tensors) => tensors.set('classifier/bias', { dtype: 'F32', shape: [5], data: new Float32Array(5) }),
    /"classifier\/bias" must be of shape \[4\]; the file has \[5\]/,
  ],
  [
    'another type',
    (tensors) => tensors.set('classifier/bias', { dtype: 'I32', shape: [4], data: new Int32Array(4) }),
    /"classifier\/bias" must be of type F32; the file has I32/,
  ],
])('%s is an error that names it', async (_, change, message) => {
  const files = await encodeNetwork(network(), { role: 'plain' });
  const weights = await changed(files.weights, change);
  const error = await errorOf(() => decodeNetwork({ ...files, weights }));
  expect(error.code).toBe('weights-mismatch');
  expect(error.message).toMatch(message);
});

test('truncated weights and a damaged topology are told apart', async () => {
  const files = await encodeNetwork(network(), { role: 'plain' });
  const codeOf = async (damage: Partial<typeof files>) =>
    (await errorOf(() => decodeNetwork({ ...files, ...damage }))).code;
  expect(await codeOf({ weights: files.weights.subarray(0, -1) })).toBe('safetensors-invalid');
  expect(await codeOf({ weights: await encodeSealed({ tensors: new Map(), metadata: {} }) })).toBe(
    'safetensors-invalid',
  );
  for (const topology of [files.topology.slice(0, -3), '[]', '{}']) {
    expect(await codeOf(await withTopology(files, topology))).toBe('topology-invalid');
  }
});

test('a list of weight files in the topology is not followed', async () => {
  const files = await encodeNetwork(network(), { role: 'plain' });
  const topology = JSON.stringify({
    ...JSON.parse(files.topology),
    weightsManifest: [{ paths: ['http://127.0.0.1:9/x'], weights: [] }],
  });
  const { model } = await decodeNetwork(await withTopology(files, topology));
  expect(outputs(model)).toEqual(outputs(network()));
});

test("layers of a package's own need that package", async () => {
  const files = await encodeNetwork(network({ scale: true }), { role: 'expanded' });
  const error = await errorOf(() => decodeNetwork(files));
  expect(error.code).toBe('unknown-layer');
  expect(error.message).toContain('"TestScale"');
  tf.serialization.registerClass(Scale);
  const { model } = await decodeNetwork(files);
  expect(decodeSafetensors(files.weights).tensors.has('scale/factor')).toBe(true);
  expect(model.getLayer('scale').getClassName()).toBe('TestScale');
});

test('metadata that JSON cannot hold is not written', async () => {
  const model = network();
  const codeOf = async (metadata: object) =>
    (await errorOf(() => encodeNetwork(model, metadata as { role: 'plain' }))).code;
  expect(await codeOf({ role: 'plain', gap: Number.NaN })).toBe('invalid-metadata');
  expect(await codeOf({ role: 'fused' })).toBe('invalid-metadata');
});

test('one changed byte anywhere is noticed', async () => {
  const files = await encodeNetwork(network(), { role: 'plain', seed: 7 });
  const codes = new Set(['checksum-mismatch', 'checksum-missing', 'safetensors-invalid']);
  for (let at = 0; at < files.weights.length; at += 1) {
    const weights = files.weights.slice();
    weights[at]! ^= 1;
    expect(codes, `byte ${at}`).toContain((await errorOf(() => decodeNetwork({ ...files, weights }))).code);
  }
  for (const [from, to] of [
    ['"filters":3', '"filters":4'],
    ['"strides":[2,2]', '"strides":[1,2]'],
  ] as const) {
    const topology = files.topology.replace(from, to);
    expect(topology).not.toBe(files.topology);
    expect((await errorOf(() => decodeNetwork({ ...files, topology }))).code).toBe('checksum-mismatch');
  }
});

test('files without a checksum are refused by name', async () => {
  const files = await encodeNetwork(network(), { role: 'plain' });
  const { tensors, metadata } = await decodeSealed(files.weights, 'test');
  const weights = encodeSafetensors({ tensors: tensors as ReadonlyMap<string, StoredTensor>, metadata });
  expect((await errorOf(() => decodeNetwork({ ...files, weights }))).code).toBe('checksum-missing');
});

describe('a topology that cannot be is refused before it is built', () => {
  type Layer = {
    name: string;
    config: Record<string, unknown>;
    inbound_nodes: [string, number, number, object][][];
  };
  let files: NetworkFiles;
  beforeAll(async () => {
    files = await encodeNetwork(network(), { role: 'plain' });
  });
  const damage = async (change: (layers: Layer[], config: Record<string, unknown>) => void) => {
    const topology = JSON.parse(files.topology).modelTopology;
    change(topology.config.layers, topology.config);
    return errorOf(async () => decodeNetwork(await withTopology(files, JSON.stringify(topology))));
  };
  const named = (layers: Layer[], name: string) => layers.find((layer) => layer.name === name)!;

  test.each<[string, Parameters<typeof damage>[0], RegExp]>([
    [
      'a call that there is not',
      (layers) => {
        named(layers, 'add').inbound_nodes[0]![0]![1] = 1;
      },
      /takes call 1 of/,
    ],
    [
      'a layer that there is not',
      (layers) => {
        named(layers, 'add').inbound_nodes[0]![0]![0] = 'none';
      },
      /"none", which there is not/,
    ],
    [
      'an initialiser whose spread is no number',
      (layers) => {
        const [layer] = layers.filter(({ config }) => 'kernel_initializer' in config);
        layer!.config.kernel_initializer = {
          class_name: 'VarianceScaling',
          config: { scale: 'normal', mode: 'fan_in', distribution: 'normal' },
        };
      },
      /layer "\w+": kernel_initializer has the scale "normal"/,
    ],
    [
      'a circle',
      (layers) => {
        named(layers, 'stage1_pad').inbound_nodes[0]![0]![0] = 'add';
      },
      /waits for its own output/,
    ],
    [
      'an index that is none',
      (layers) => {
        named(layers, 'add').inbound_nodes[0]![0]![1] = -1;
      },
      /no \[layer, call, output\]/,
    ],
    [
      'two layers of one name',
      (layers) => {
        const layer = named(layers, 'relu');
        layer.name = 'add';
        layer.config.name = 'add';
      },
      /two layers are named "add"/,
    ],
    [
      'no outputs',
      (_, config) => {
        config.output_layers = [];
      },
      /output_layers is empty/,
    ],
    [
      'another output',
      (_, config) => {
        config.output_layers = [['add', 3, 0]];
      },
      /names call 3 of layer "add"/,
    ],
    [
      'more weights than there are',
      (layers) => {
        named(layers, 'classifier').config.units = 1e9;
      },
      /ask for more than the \d+ numbers/,
    ],
  ])('%s', async (_, change, message) => {
    const before = tf.memory().numTensors;
    const started = performance.now();
    const error = await damage(change);
    expect(error.code).toBe('topology-invalid');
    expect(error.message).toMatch(message);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(tf.memory().numBytes).toBeLessThan(1e6);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a network inside of a network is checked as well, and one that is sound comes back', async () => {
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ name: 'deep', units: 2, inputShape: [3] })],
    });
    const x = tf.input({ shape: [3] });
    const model = tf.model({ inputs: x, outputs: inner.apply(x) as tf.SymbolicTensor });
    const nested = await encodeNetwork(model, { role: 'plain' });
    const { model: read } = await decodeNetwork(nested);
    expect(read.getLayer('inner').countParams()).toBe(8);
    const topology = nested.topology.replace('"units":2', '"units":200000000');
    const error = await errorOf(async () => decodeNetwork(await withTopology(nested, topology)));
    expect(error.message).toMatch(/ask for more than the 8 numbers/);
  });
});
