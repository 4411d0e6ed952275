import { readFile } from 'node:fs/promises';
import { decodeSafetensors, encodeSafetensors } from '@overparam/export';
import { encodeForTorch } from '@overparam/export-torch';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixtureNetwork } from './fixture-network';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);

describe('the fixture, which PyTorch has run', () => {
  // Made by fixtures/make.mjs, which also has PyTorch load and run what is written here.
  test('is what is written today', async () => {
    const { tensors, python } = await encodeForTorch(fixtureNetwork());
    expect(python).toBe(await readFile(fixture('network.py'), 'utf8'));
    const bytes = encodeSafetensors({ tensors, metadata: { format: 'pt' } });
    expect(Buffer.compare(bytes, await readFile(fixture('model.safetensors')))).toBe(0);
  });

  test('computes in PyTorch what it computes here', async () => {
    const { tensors: given } = decodeSafetensors(await readFile(fixture('inputs.safetensors')), 'inputs');
    const { tensors: found } = decodeSafetensors(await readFile(fixture('outputs.safetensors')), 'outputs');
    const image = given.get('image')!;
    const x = tf.tensor(image.data as Float32Array, [...image.shape]).transpose([0, 2, 3, 1]);
    const [map, classes, both] = fixtureNetwork().predict(x) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const close = (tensor: tf.Tensor, name: string) => {
      const wanted = found.get(name)!;
      expect(tensor.shape).toEqual(wanted.shape);
      const difference = tf.max(
        tf.abs(tf.sub(tensor, tf.tensor(wanted.data as Float32Array, [...wanted.shape]))),
      );
      expect(difference.dataSync()[0]).toBeLessThan(1e-5);
    };
    close(map.transpose([0, 3, 1, 2]), 'resized');
    close(classes, 'classes');
    close(both.transpose([0, 3, 1, 2]), 'both');
  });
});

test('kernels, matrices and norms have the layouts and names of PyTorch', async () => {
  const { tensors } = await encodeForTorch(fixtureNetwork());
  expect([...tensors].map(([name, { shape }]) => `${name} [${shape}]`).sort()).toEqual([
    'classes.bias [2]',
    'classes.weight [2,140]',
    'depthwise.bias [4]',
    'depthwise.weight [4,1,2,3]',
    'dilated.bias [4]',
    'dilated.weight [4,4,3,3]',
    'norm.bias [4]',
    'norm.running_mean [4]',
    'norm.running_var [4]',
    'norm.weight [4]',
    'stem__conv.weight [2,2,3,2]',
    'twice.bias [4]',
    'twice.weight [4,4,3,3]',
    'up.bias [3]',
    'up.weight [4,3,3,3]',
  ]);
});

test("names of torchvision's ResNets", async () => {
  const input = tf.input({ shape: [6, 8, 3], name: 'image' });
  const conv = (name: string) => tf.layers.conv2d({ name, filters: 3, kernelSize: 1, useBias: false });
  const norm = (name: string) => tf.layers.batchNormalization({ name });
  const names = [
    'stem_conv',
    'stem_norm',
    'stage1_block1_conv2',
    'stage1_block1_norm3',
    'stage4_block3_shortcut_conv',
    'stage4_block3_shortcut_norm',
  ];
  let y: tf.SymbolicTensor = input;
  for (const name of names) y = (/conv/.test(name) ? conv(name) : norm(name)).apply(y) as tf.SymbolicTensor;
  y = tf.layers.globalAveragePooling2d({}).apply(y) as tf.SymbolicTensor;
  y = tf.layers.dense({ name: 'classifier', units: 2 }).apply(y) as tf.SymbolicTensor;
  const { tensors } = await encodeForTorch(tf.model({ inputs: input, outputs: y }), { names: 'torchvision' });
  const found = new Set([...tensors.keys()].map((name) => name.replace(/\.\w+$/, '')));
  expect([...found]).toEqual([
    'conv1',
    'bn1',
    'layer1.0.conv2',
    'layer1.0.bn3',
    'layer4.2.downsample.0',
    'layer4.2.downsample.1',
    'fc',
  ]);
  const other = tf.sequential({ layers: [tf.layers.dense({ name: 'own', inputShape: [2], units: 1 })] });
  await expect(encodeForTorch(other, { names: 'torchvision' })).rejects.toMatchObject({
    code: 'names-unknown',
  });
});

test('a shared layer pads at every use as that use needs', async () => {
  const input = tf.input({ shape: [10, 9, 1], name: 'image' });
  const layer = tf.layers.conv2d({ name: 'shared', filters: 1, kernelSize: 3, strides: 2, padding: 'same' });
  const outputs = layer.apply(layer.apply(input)) as tf.SymbolicTensor;
  const { python, tensors } = await encodeForTorch(tf.model({ inputs: input, outputs }));
  // 10 rows need one zero behind, 5 rows one on each side; 9 and 5 columns one on each side.
  expect(python.match(/F\.pad\(.*\)/g)).toEqual(['F.pad(input1, (1, 1, 0, 1))', 'F.pad(x2, (1, 1, 1, 1))']);
  expect([...tensors.keys()]).toEqual(['shared.weight', 'shared.bias']);
});

test("a norm's epsilon is the same, and its momentum is what PyTorch calls so", async () => {
  const norm = tf.layers.batchNormalization({ inputShape: [2, 2, 3], epsilon: 0.002, momentum: 0.75 });
  const { python } = await encodeForTorch(tf.sequential({ layers: [norm] }));
  // TensorFlow.js keeps three quarters of the old statistics, PyTorch's 0.25 is the share of the new ones.
  expect(python).toContain('nn.BatchNorm2d(3, eps=0.002, momentum=0.25)');
});

test('names become names of Python', async () => {
  const input = tf.input({ shape: [2], name: 'x' });
  const dense = (name: string) => tf.layers.dense({ name, units: 2, useBias: false });
  const outputs = dense('a.b_c/d').apply(
    dense('1-a').apply(dense('a.b-c/d').apply(input)),
  ) as tf.SymbolicTensor;
  const { tensors } = await encodeForTorch(tf.model({ inputs: input, outputs }));
  expect([...tensors.keys()]).toEqual(['a_b_c__d.weight', 'layer_1_a.weight', 'a_b_c__d_2.weight']);
});

test('what PyTorch has no counterpart for is refused', async () => {
  const up = tf.layers.upSampling2d({ name: 'up', inputShape: [2, 2, 1], interpolation: 'bilinear' });
  await expect(encodeForTorch(tf.sequential({ layers: [up] }))).rejects.toMatchObject({
    code: 'unsupported-layer',
    message: expect.stringContaining('"up"'),
  });
});
