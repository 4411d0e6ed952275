import { expand, keyFromSeed } from '@overparam/core-reparam';

import { int8Weights, polish } from '@overparam/quantise';

import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { oneExample, recipeFor } from './one-number';

function dense(kernel: readonly number[], bias: number | null = null): tf.LayersModel {
  const model = tf.sequential({
    name: 'sum',
    layers: [
      tf.layers.flatten({ name: 'flat', inputShape: [1, 1, 2] }),
      tf.layers.dense({ name: 'dense', units: 1, useBias: bias !== null }),
    ],
  });
  const weights = [tf.tensor2d([...kernel], [2, 1]), ...(bias === null ? [] : [tf.tensor1d([bias])])];
  model.getLayer('dense').setWeights(weights);
  return model;
}

const grids = { flat_input_int8: { scale: 0.5, zeroPoint: 0 } };

test('one update is the closed form: the answer of what is rounded, and its gradient passed to what is not', async () => {
  // 0.6 is rounded to 1, as steps are of 127 / 127; 0.7 of what comes in to 0.5, and 1.3 to 1.5.
  const model = dense([127, 0.6]);
  const tensors = tf.memory().numTensors;
  // y = 0 * 127 + 1.5 * 1, and the gradient 1.5 * y for the second number: 0.6 - 20 * 2.25 = -44.4, on the grid -44.
  const polished = await polish(model, grids, recipeFor(), oneExample([0.1, 1.3], 0), {
    epochs: 1,
    rate: 20,
  });
  const [first, second] = polished.getLayer('dense').getWeights()[0]!.dataSync();
  expect(first).toBeCloseTo(127, 4);
  expect(second).toBeCloseTo(-44, 4);
  expect(polished.layers.map(({ name }) => name)).toEqual(['flat_input', 'flat', 'dense']);
  polished.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

test('what is beyond the grid passes no gradient to the layer before, and biases are trained', async () => {
  const model = dense([2, -2], 0.25);
  // 200 is cut at 127.5: y = 0 + 127.5 * -2 + 0.25 = -254.75, which is the bias's gradient.
  const polished = await polish(model, grids, recipeFor(), oneExample([0, 200], 0), {
    epochs: 1,
    rate: 1e-3,
  });
  const [kernel, bias] = polished
    .getLayer('dense')
    .getWeights()
    .map((weight) => weight.dataSync());
  expect(bias![0]).toBeCloseTo(0.25 + 0.25475, 4);
  // -2 + 1e-3 * 254.75 * 127.5 = 30.48, which becomes the widest of its channel.
  expect(kernel![1]).toBeCloseTo(30.4806, 2);
});

test('a layer in float32 is trained as it is, and nothing is rounded there', async () => {
  const last = tf.layers.dense({ name: 'last', units: 1, useBias: false });
  const model = dense([127, 0.6]);
  const two = tf.sequential({ name: 'two', layers: [...model.layers, last] });
  last.setWeights([tf.tensor2d([0.3], [1, 1])]);
  const both = { ...grids, dense_int8: { scale: 1, zeroPoint: 0 } };
  const options = { epochs: 1, rate: 0.1, float: ['dense'] };
  // What comes in stays 1.3; the sum 0.78 is on no grid before "dense", and is 1 before "last".
  const polished = await polish(two, both, recipeFor(), oneExample([0, 1.3], 0), options);
  const [first] = polished.getLayer('dense').getWeights();
  // y = 0.3 * 1; its gradient reaches the kernel as 0.3 * 0.3 * 1.3.
  expect(first!.dataSync()[1]).toBeCloseTo(0.6 - 0.1 * 0.3 * 0.3 * 1.3, 5);
});

test('the kernels’ method refuses to begin as the given kernel, which it is not', () => {
  const model = dense([1, 0.3]);
  expect(() =>
    expand(model, {
      method: int8Weights,
      options: { start: 'preserve' },
      select: 'dense',
      key: keyFromSeed(1),
    }),
  ).toThrow(/start: fresh/);
});
