import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { collapse, expand, forward, gapBetween, plain, sitesOf } from '../src';
import { branchy } from './methods';
import { randomise } from './networks';

const key = keyFromSeed(1);
type Symbolic = tf.SymbolicTensor;

beforeAll(async () => {
  await useEngine('cpu');
});

/** A layer with a norm behind it, and a dense layer to be expanded. */
function network(layer: tf.layers.Layer, shape: number[], norm: object = {}): tf.LayersModel {
  const x = tf.input({ shape });
  const normed = tf.layers.batchNormalization({ name: 'norm', ...norm }).apply(layer.apply(x)) as Symbolic;
  const flat = tf.layers.flatten({ name: 'flat' }).apply(normed);
  return randomise(
    tf.model({ inputs: x, outputs: tf.layers.dense({ name: 'out', units: 2 }).apply(flat) as Symbolic }),
  );
}

/** The collapsed network's layers, and how far it is from the given one after a step of the norm's statistics. */
function collapsed(model: tf.LayersModel, shape: number[]) {
  // tfjs's own norm cannot run images of three dimensions in inference; folded, they can be run.
  const wide = expand(model, { method: plain, key, allowMismatch: shape.length > 3 });
  const x = normalTensor(key, [2, ...shape], 0, 1);
  tf.dispose(forward(wide, x, { mode: 'train' }));
  const { model: deployed } = collapse(wide);
  const [wanted] = forward(wide, x, { mode: 'infer' });
  const gap = gapBetween(deployed.predict(x) as tf.Tensor, wanted!);
  return { names: deployed.layers.map(({ name }) => name), gap };
}

const image = [6, 7, 3];
const { layers } = tf;

describe.each<[string, (bias: boolean) => tf.layers.Layer, number[]]>([
  ['conv2d', (useBias) => layers.conv2d({ name: 'l', filters: 4, kernelSize: 3, useBias }), image],
  ['dense', (useBias) => layers.dense({ name: 'l', units: 4, useBias }), image],
  [
    'depthwiseConv2d',
    (useBias) => layers.depthwiseConv2d({ name: 'l', kernelSize: 3, depthMultiplier: 2, useBias }),
    image,
  ],
  [
    'separableConv2d',
    (useBias) =>
      layers.separableConv2d({ name: 'l', filters: 4, kernelSize: 3, depthMultiplier: 2, useBias }),
    image,
  ],
  [
    'conv2dTranspose',
    (useBias) => layers.conv2dTranspose({ name: 'l', filters: 4, kernelSize: 3, strides: 2, useBias }),
    image,
  ],
  ['conv1d', (useBias) => layers.conv1d({ name: 'l', filters: 4, kernelSize: 3, useBias }), [6, 3]],
  ['conv3d', (useBias) => layers.conv3d({ name: 'l', filters: 4, kernelSize: 2, useBias }), [3, 4, 5, 2]],
  [
    'conv3dTranspose',
    (useBias) => layers.conv3dTranspose({ name: 'l', filters: 4, kernelSize: 2, useBias }),
    [3, 4, 5, 2],
  ],
])('a norm behind %s', (_, make, shape) => {
  test.each([true, false])('becomes part of it, with a bias of its own: %s', (bias) => {
    const { names, gap } = collapsed(network(make(bias), shape), shape);
    expect(names).not.toContain('norm');
    expect(gap).toBeLessThan(2e-6);
  });
});

test('a norm without gamma, or without beta, becomes part of the layer too', () => {
  for (const norm of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
    const layer = layers.depthwiseConv2d({ name: 'l', kernelSize: 3 });
    const { names, gap } = collapsed(network(layer, image, norm), image);
    expect(names).not.toContain('norm');
    expect(gap).toBeLessThan(2e-6);
  }
});

test('a norm over other axes than the channels stays', () => {
  const layer = layers.conv2d({ name: 'l', filters: 4, kernelSize: 3 });
  const { names, gap } = collapsed(network(layer, image, { axis: 1 }), image);
  expect(names).toContain('norm');
  expect(gap).toBeLessThan(2e-6);
});

test('channels that come first keep a norm over the last axis out of their layer', () => {
  const layer = layers.conv2d({ name: 'l', filters: 3, kernelSize: 1, dataFormat: 'channelsFirst' });
  const shape = [2, 4, 3];
  const { names, gap } = collapsed(network(layer, shape), shape);
  expect(names).toContain('norm');
  expect(gap).toBeLessThan(2e-6);
});

test('a norm that Keras wrote, its axis in a list, is a norm', async () => {
  const layer = layers.conv2d({ name: 'l', filters: 4, kernelSize: 3 });
  const json = network(layer, image, { axis: 3 }).toJSON(null, false) as unknown as {
    config: { layers: { class_name: string; config: Record<string, unknown> }[] };
  };
  const norm = json.config.layers.find(({ class_name }) => class_name === 'BatchNormalization')!;
  norm.config.axis = [3];
  const model = randomise(await tf.models.modelFromJSON(JSON.parse(JSON.stringify(json))));
  expect(model.getLayer('norm').getConfig().axis).toEqual([3]);
  expect(sitesOf(model).find(({ layer: name }) => name === 'l')?.site?.norm).toMatchObject({ layer: 'norm' });
  expect(collapsed(model, image)).toMatchObject({ names: expect.not.arrayContaining(['norm']) });
  const wide = expand(model, { method: branchy, options: { start: 'preserve' }, key });
  expect(wide.layers.map(({ name }) => name)).not.toContain('norm');
  expect(collapse(wide, { norms: 'keep' }).model.getLayer('norm').getConfig()).toMatchObject({ axis: -1 });
});
