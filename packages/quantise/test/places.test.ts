import { expand, keyFromSeed, plain } from '@overparam/core-reparam';
import { flattenNetwork } from '@overparam/export';
import {
  calibrate,
  layerDamage,
  planPlaces,
  quantiseActivations,
  simulate,
  weightSpread,
} from '@overparam/quantise';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { spreadExamples } from '../src/examples';
import { placesOf } from '../src/places';
import { examplesOf, fill, inputs } from './support';

const conv = (name: string, filters = 3, activation: 'relu' | undefined = undefined) =>
  tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', activation });

/** A block with a residual, pooling and a classifier. */
function residual(): tf.LayersModel {
  const image = tf.input({ shape: [4, 6, 3], name: 'image' });
  const first = tf.layers.reLU({ name: 'relu' }).apply(conv('first').apply(image)) as tf.SymbolicTensor;
  const padded = tf.layers.zeroPadding2d({ name: 'pad' }).apply(first);
  const second = tf.layers
    .conv2d({ name: 'second', filters: 3, kernelSize: 3, padding: 'valid' })
    .apply(padded) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: 'sum' }).apply([first, second]);
  const after = tf.layers.activation({ name: 'after', activation: 'relu' }).apply(sum);
  const pooled = tf.layers.maxPooling2d({ name: 'pool', poolSize: 2 }).apply(after);
  const flat = tf.layers.flatten({ name: 'flat' }).apply(pooled);
  const classes = tf.layers.dense({ name: 'classes', units: 2 }).apply(flat) as tf.SymbolicTensor;
  return fill(tf.model({ name: 'residual', inputs: image, outputs: classes }), 1);
}

const named = (model: tf.LayersModel, float: readonly string[] = []) =>
  placesOf(flattenNetwork(model), float).places.map(({ name, sameAs }) =>
    sameAs ? `${name} as ${sameAs}` : name,
  );

describe('places', () => {
  test('are behind activations, before what pads, and on the grid of what is only moved', () => {
    expect(named(residual())).toEqual([
      'image_int8',
      // Behind the ReLU and not before it; nothing behind the zeros, and nothing at the output.
      'relu_int8',
      'second_int8',
      'after_int8',
      'pool_int8 as after_int8',
      'flat_int8 as after_int8',
    ]);
  });

  test('a layer in float32 has none of its own around it', () => {
    expect(named(residual(), ['classes'])).toEqual(['image_int8', 'relu_int8', 'second_int8', 'after_int8']);
  });

  test('layers inside of a model are found, by names that have no slash', () => {
    const inner = tf.sequential({
      name: 'base',
      layers: [tf.layers.conv2d({ name: 'one', inputShape: [3, 4, 2], filters: 2, kernelSize: 1 })],
    });
    const image = tf.input({ shape: [3, 4, 2], name: 'image' });
    const outputs = conv('one', 2).apply(inner.apply(image)) as tf.SymbolicTensor;
    const model = tf.model({ name: 'whole', inputs: image, outputs });
    expect(named(model)).toEqual(['image_int8', 'base_one_int8']);
    const simulation = simulate(model, {
      image_int8: { scale: 0.1, zeroPoint: 5 },
      base_one_int8: { scale: 1, zeroPoint: 0 },
    });
    expect(simulation.layers).toEqual(['base_one', 'one']);
    simulation.dispose();
  });
});

describe('refused', () => {
  test('an expanded network, with the command that collapses it', () => {
    const model = expand(residual(), { method: plain, key: keyFromSeed(1) });
    expect(() => planPlaces(model)).toThrow(/overparam collapse RUN/);
  });

  test('a network without a layer that can be int8', () => {
    const model = tf.sequential({ name: 'flat', layers: [tf.layers.flatten({ inputShape: [2, 2] })] });
    expect(() => planPlaces(model)).toThrow(/No layer of "flat" can be int8: it has Flatten/);
  });

  test('a layer to be left in float32 that there is not', () => {
    expect(() => planPlaces(residual(), { float: ['frist'] })).toThrow(/no layer "frist"/);
  });

  test('grids of another network', () => {
    expect(() => simulate(residual(), {})).toThrow(/no grid for the place "image_int8"/);
  });

  test('no examples, fewer than asked for, and such that are no numbers', async () => {
    const model = residual();
    await expect(calibrate(model, examplesOf())).rejects.toMatchObject({ code: 'no-examples' });
    const dataset = { inputShape: [1, 1, 1], splits: {} } as never;
    const options = { split: 'train', size: 3, batch: 2 };
    expect(() => spreadExamples(dataset, { ...options, count: 4 })).toThrow(/4 examples .* has 3/);
    expect(() => spreadExamples(dataset, { ...options, count: 0 })).toThrow(/no examples/);
    const x = tf.fill([1, 4, 6, 3], Number.NaN);
    await expect(calibrate(model, examplesOf(x))).rejects.toMatchObject({ code: 'non-finite' });
  });
});

test('calibration sees what passes: all of it, or without the farthest', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ name: 'one', units: 1, inputShape: [4] })] });
  const x = tf.tensor2d([-1, 0, 1, 2, 0.5, 0.5, 4.1, -0.5], [2, 4]);
  const { grids, dead } = await calibrate(model, examplesOf(x), { rule: 'minmax' });
  expect(grids.one_input_int8!.scale).toBeCloseTo(0.02, 6);
  expect(grids.one_input_int8!.zeroPoint).toBe(50);
  expect(dead).toEqual([]);
  // The output of the network has no place, and one that sees only zeros is told of.
  const none = await calibrate(model, examplesOf(tf.zeros([2, 4])), { rule: 'mse' });
  expect(none).toEqual({ grids: { one_input_int8: { scale: 1, zeroPoint: 0 } }, dead: ['one_input_int8'] });
});

test('calibration and simulation leave no tensor behind, and the network as it was', async () => {
  const model = residual();
  const x = inputs(model, 2, 2);
  const reference = (model.predict(x) as tf.Tensor).dataSync();
  const before = tf.memory().numTensors;
  const { grids } = await calibrate(model, examplesOf(x));
  const simulation = simulate(model, grids);
  await layerDamage(simulation, examplesOf(x), { classes: [true] });
  simulation.dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect((model.predict(x) as tf.Tensor).dataSync()).toEqual(reference);
});

test('the damage of one layer alone is that of its kernel and of what comes in', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'one', units: 2, inputShape: [2], useBias: false }),
      tf.layers.dense({ name: 'two', units: 2, useBias: false }),
    ],
  });
  const identity = tf.eye(2);
  model.layers[0]!.setWeights([identity]);
  model.layers[1]!.setWeights([identity]);
  const x = tf.tensor2d([0.3, 0.9], [1, 2]);
  // Steps of 0.5 before the first layer, of 0.001 before the second.
  const simulation = simulate(model, {
    one_input_int8: { scale: 0.5, zeroPoint: 0 },
    one_int8: { scale: Math.fround(0.001), zeroPoint: 0 },
  });
  const damage = await layerDamage(simulation, examplesOf(x), { classes: [false] });
  const rounded = quantiseActivations(x, { scale: 0.5, zeroPoint: 0 }).dataSync();
  expect([...rounded]).toEqual([0.5, 1]);
  const expected = Math.hypot(0.2, 0.1) / Math.hypot(0.3, 0.9);
  expect(damage.map(({ layer }) => layer)).toEqual(['one', 'two']);
  expect(damage[0]!.outputs[0]!.noise).toBeCloseTo(expected, 5);
  // 0.9 is beyond 255 steps of 0.001, and is cut at 0.255.
  expect(damage[1]!.outputs[0]!.noise).toBeCloseTo(Math.hypot(0.045, 0.645) / Math.hypot(0.3, 0.9), 3);
});

test('the spread of a kernel by hand', () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ name: 'one', units: 2, inputShape: [3] })] });
  // Channel 0: 1, 2, 127; channel 1: 0.5, -0.25, 0.125.
  model.layers[0]!.setWeights([tf.tensor2d([1, 0.5, 2, -0.25, 126.6, 0.125], [3, 2]), tf.zeros([2])]);
  const [spread] = weightSpread(model);
  expect(spread).toMatchObject({ layer: 'one', weight: 'kernel', channels: 2 });
  expect(spread!.channelRatio).toBeCloseTo(126.6 / 0.5, 3);
  expect(spread!.largestOverMedian).toBeCloseTo(126.6 / 2, 3);
  const step = 126.6 / 127;
  const fine = 0.5 / 127;
  const error = [1 - step, 2 - 2 * step, 0, 0, 0.25 - 64 * fine, 0.125 - 32 * fine];
  const all = [1, 2, 126.6, 0.5, 0.25, 0.125];
  expect(spread!.noise).toBeCloseTo(Math.hypot(...error) / Math.hypot(...all), 5);
});
