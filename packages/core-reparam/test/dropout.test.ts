import { compile, keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import type { OverparamError } from '@overparam/errors';
import { definePlugin, registerPlugin } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { collapse, dropoutMasks, expand, forward, plain } from '../src';

beforeAll(async () => {
  await useEngine('wasm');
  registerPlugin(definePlugin({ name: 'test', apiVersion: 1, methods: [plain] }));
});

/** A convolution, dropout, and a 1x1 convolution that only passes on, so that outputs show the mask. */
function network(rate: number, noiseShape?: number[]): tf.LayersModel {
  const image = tf.input({ shape: [6, 5, 3] });
  const conv = tf.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same', useBias: false });
  const drop = tf.layers.dropout({ name: 'drop', rate, noiseShape, seed: 7 });
  const y = drop.apply(conv.apply(image)) as tf.SymbolicTensor;
  const model = tf.model({ inputs: image, outputs: y });
  conv.setWeights([normalTensor(keyFromSeed(2), [3, 3, 3, 4], 0, 1)]);
  return model;
}

const expanded = (rate: number, noiseShape?: number[]) =>
  expand(network(rate, noiseShape), { method: plain, key: keyFromSeed(1) });
const images = (n: number) => normalTensor(keyFromSeed(3), [n, 6, 5, 3], 0, 1);

test('training multiplies by the mask, inference by nothing; what stays is scaled to keep the mean', () => {
  const model = expanded(0.25);
  tf.tidy(() => {
    const x = images(40);
    const masks = dropoutMasks(model, 40, keyFromSeed(9));
    const [plainOutput] = forward(model, x, { mode: 'infer' });
    const [dropped] = forward(model, x, { mode: 'train', masks });
    expect([...dropped!.dataSync()]).toEqual([...plainOutput!.mul(masks.drop!).dataSync()]);
    const values = masks.drop!.dataSync();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
    // 4800 places: 0.25 within 5 deviations of sqrt(0.25 * 0.75 / 4800).
    const share = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / 4800));
  });
});

test('masks follow from the key alone, and differ between keys', () => {
  const model = expanded(0.5);
  tf.tidy(() => {
    const mask = (seed: number) => [...dropoutMasks(model, 2, keyFromSeed(seed)).drop!.dataSync()];
    expect(mask(4)).toEqual(mask(4));
    expect(mask(5)).not.toEqual(mask(4));
  });
});

test('a compiled step takes a new mask each time, and gradients pass where the mask does', () => {
  const model = expanded(0.5);
  const x = images(2);
  const step = compile((inputs) => ({
    gradient: tf.grad((z) => forward(model, z, { mode: 'train', masks: { drop: inputs.drop! } })[0]!)(x),
  }));
  const gradients = [1, 2].map((seed) => {
    const masks = dropoutMasks(model, 2, keyFromSeed(seed));
    const { gradient } = step({ drop: masks.drop! });
    const values = [...gradient!.dataSync()];
    tf.dispose([masks, gradient!]);
    return values;
  });
  expect(gradients[1]).not.toEqual(gradients[0]);
  const none = step({ drop: tf.zeros([2, 6, 5, 4]) }).gradient!;
  expect(none.dataSync().every((value) => value === 0)).toBe(true);
});

test('noiseShape drops whole channels', () => {
  const model = expanded(0.5, [null, 1, 1, null] as unknown as number[]);
  expect(dropoutMasks(model, 3, keyFromSeed(1)).drop!.shape).toEqual([3, 1, 1, 4]);
});

test("training without a mask is refused; tfjs's own training draws its own", async () => {
  const model = expanded(0.5);
  const x = images(2);
  let code = '';
  try {
    forward(model, x, { mode: 'train' });
  } catch (error) {
    code = (error as OverparamError).code;
  }
  expect(code).toBe('missing-mask');
  const losses = async () => {
    const fresh = expanded(0.5);
    fresh.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
    const { history } = await fresh.fit(x, tf.zeros([2, 6, 5, 4]), { epochs: 3, verbose: 0, shuffle: false });
    return history.loss;
  };
  const first = (await losses())!;
  expect(new Set(first).size).toBe(3);
  expect(await losses()).toEqual(first);
});

test("collapsing gives tfjs's own layer back, with its settings", () => {
  const { model, report } = collapse(expanded(0.25));
  expect(report.gap).toBeLessThan(1e-6);
  const layer = model.getLayer('drop');
  expect(layer.getClassName()).toBe('Dropout');
  expect(layer.getConfig()).toMatchObject({ rate: 0.25, seed: 7 });
});

test('a saved network keeps its dropout', async () => {
  const model = expanded(0.25);
  const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(model.toJSON(null, false))));
  copy.setWeights(model.getWeights());
  const x = images(2);
  const masks = dropoutMasks(copy, 2, keyFromSeed(8));
  const [own, other] = [model, copy].map((each) => forward(each, x, { mode: 'train', masks })[0]!.dataSync());
  expect(other).toEqual(own);
});
