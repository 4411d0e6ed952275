import { collapse, expand } from '@overparam/core-reparam';
import { keyFromSeed, normalTensor, useEngine } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { asymmetric } from '../src/asymmetric';
import { scaled } from '../src/scaled';

beforeAll(async () => {
  await useEngine();
});

/** Two convolutions, the second with a bias and no norm. */
function network(): tf.LayersModel {
  const model = tf.sequential();
  model.add(
    tf.layers.conv2d({ inputShape: [9, 8, 2], filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
  );
  model.add(tf.layers.batchNormalization());
  model.add(tf.layers.reLU());
  model.add(tf.layers.conv2d({ filters: 3, kernelSize: 5, strides: 2, biasInitializer: 'ones' }));
  return model;
}

test('scaled begins as the given network with any scale', () => {
  const model = network();
  const wide = expand(model, { method: scaled, options: { scale: 3 }, key: keyFromSeed(1) });
  const x = normalTensor(keyFromSeed(2), [2, 9, 8, 2], 0, 1);
  const difference = (wide.predict(x) as tf.Tensor)
    .sub(model.predict(x) as tf.Tensor)
    .abs()
    .max();
  expect(difference.dataSync()[0]).toBeLessThan(1e-5);
});

test('asymmetric has a kernel and two vectors of kernels for each layer', () => {
  const wide = expand(network(), { method: asymmetric, key: keyFromSeed(1) });
  // Kernels of k * k + 2 k numbers for each pair of channels, and four for each of three norms.
  expect(wide.countParams()).toBe((9 + 6) * 2 * 4 + 3 * 4 * 4 + (25 + 10) * 4 * 3 + 3 * 4 * 3);
});

test.each([
  ['scaled', { method: scaled }],
  ['asymmetric', { method: asymmetric }],
] as const)('%s collapses to the plain network after training', async (_, selection) => {
  const wide = expand(network(), { ...selection, key: keyFromSeed(1) });
  const x = normalTensor(keyFromSeed(2), [8, 9, 8, 2], 0, 1);
  const y = normalTensor(keyFromSeed(3), [8, 3, 2, 3], 0, 1);
  wide.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
  const history = await wide.fit(x, y, { epochs: 5, verbose: 0, shuffle: false });
  const losses = history.history.loss as number[];
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  const { model, report } = collapse(wide);
  expect(report.gap).toBeLessThan(1e-5);
  expect(model.countParams()).toBe(9 * 2 * 4 + 4 + 25 * 4 * 3 + 3);
});
