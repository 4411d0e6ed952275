import { readFileSync } from 'node:fs';
import type { Grids } from '@overparam/quantise';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { inEightBits } from './support';

interface Fixture {
  readonly grids: Grids;
  readonly x: readonly number[];
  readonly weights: Readonly<
    Record<string, readonly { readonly shape: number[]; readonly data: number[] }[]>
  >;
  readonly classes: readonly number[];
}

// Made by fixtures/int8_network.py.
const fixture = JSON.parse(
  readFileSync(new URL('fixtures/int8-network.json', import.meta.url), 'utf8'),
) as Fixture;

test('a strided convolution, a residual, a depthwise layer, concatenation and a dense one are what whole numbers of NumPy give', async () => {
  const image = tf.input({ shape: [9, 8, 2], name: 'image' });
  const first = tf.layers
    .conv2d({ name: 'first', filters: 4, kernelSize: 3, strides: 2, activation: 'relu' })
    .apply(image) as tf.SymbolicTensor;
  const second = tf.layers
    .conv2d({ name: 'second', filters: 4, kernelSize: 1 })
    .apply(first) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: 'sum' }).apply([first, second]);
  const relu = tf.layers.reLU({ name: 'relu' }).apply(sum) as tf.SymbolicTensor;
  const deep = tf.layers
    .depthwiseConv2d({ name: 'deep', kernelSize: 1, depthMultiplier: 2 })
    .apply(relu) as tf.SymbolicTensor;
  const joined = tf.layers.concatenate({ name: 'joined' }).apply([relu, deep]);
  const flat = tf.layers.flatten({ name: 'flat' }).apply(joined);
  const classes = tf.layers.dense({ name: 'classes', units: 3 }).apply(flat) as tf.SymbolicTensor;
  const model = tf.model({ inputs: image, outputs: classes });
  for (const [name, weights] of Object.entries(fixture.weights))
    model.getLayer(name).setWeights(weights.map(({ shape, data }) => tf.tensor(data, shape)));
  const x = tf.tensor([...fixture.x], [2, 9, 8, 2]);
  const { simulated, optimised, plain } = await inEightBits(model, x, { grids: fixture.grids });
  for (const [output] of [simulated, optimised, plain]) {
    for (const [at, value] of [...output!.dataSync()].entries())
      expect(value).toBeCloseTo(fixture.classes[at]!, 4);
  }
});
