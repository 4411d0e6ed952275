import { MaxPoolWithPlaces, MaxUnpool } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { fill, inEightBits, inputs, noise, numbers } from './support';

const values = (tensor: tf.Tensor) => [...tensor.dataSync()];

test('a convolution computed by hand', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'conv',
        inputShape: [1, 3, 1],
        filters: 2,
        kernelSize: [1, 2],
        padding: 'valid',
      }),
    ],
  });
  model.layers[0]!.setWeights([
    // [kh, kw, cin, cout]: channel 0 is (1.27, 0.304), channel 1 is (0, -25.4).
    tf.tensor4d([1.27, 0, 0.304, -25.4], [1, 2, 1, 2]),
    tf.tensor1d([0.0512, 3]),
  ]);
  const x = tf.tensor4d([0.74, 2.55, 1.01], [1, 1, 3, 1]);
  // Steps of 0.01 from zero on: 74, 255 and 101.
  const grids = { conv_input_int8: { scale: Math.fround(0.01), zeroPoint: 0 } };
  const { optimised, plain, simulated, operators } = await inEightBits(model, x, { grids });
  // Channel 0: steps of 0.01, weights 127 and 30; products in steps of 1e-4, where the bias is 512.
  // Channel 1: steps of 0.2, weights 0 and -127; products in steps of 2e-3, where the bias is 1500.
  const expected = [
    (74 * 127 + 255 * 30 + 512) * 1e-4,
    (255 * -127 + 1500) * 2e-3,
    (255 * 127 + 101 * 30 + 512) * 1e-4,
    (101 * -127 + 1500) * 2e-3,
  ];
  for (const found of [optimised, plain, simulated]) {
    expect(found[0]!.shape).toEqual([1, 1, 2, 2]);
    values(found[0]!).forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at]!, 4);
    });
  }
  expect(operators).toEqual({ QuantizeLinear: 1, DequantizeLinear: 3, Conv: 1 });
});

/** Networks whose kernels are square in channels, so that scales along a wrong axis would fit and be wrong. */
const square: Readonly<Record<string, () => tf.LayersModel>> = {
  convolution: () =>
    tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [5, 7, 6], filters: 6, kernelSize: 3, name: 'one' })],
    }),
  'convolution between others': () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [5, 7, 3],
          filters: 3,
          kernelSize: 3,
          name: 'one',
          activation: 'relu',
        }),
        tf.layers.conv2d({ filters: 3, kernelSize: 3, name: 'two' }),
      ],
    }),
  dense: () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [6], units: 6, name: 'one', activation: 'relu' }),
        tf.layers.dense({ units: 6, name: 'two', useBias: false }),
        tf.layers.dense({ units: 6, name: 'three' }),
      ],
    }),
  'dense on images': () =>
    tf.sequential({ layers: [tf.layers.dense({ inputShape: [2, 3, 4], units: 4, name: 'one' })] }),
  transposed: () =>
    tf.sequential({
      layers: [
        tf.layers.conv2dTranspose({
          inputShape: [3, 4, 4],
          filters: 4,
          kernelSize: 4,
          strides: 2,
          name: 'one',
          padding: 'same',
        }),
        tf.layers.conv2d({ filters: 4, kernelSize: 1, name: 'two' }),
      ],
    }),
  depthwise: () =>
    tf.sequential({
      layers: [
        tf.layers.depthwiseConv2d({
          inputShape: [6, 5, 4],
          depthMultiplier: 4,
          kernelSize: 4,
          name: 'one',
          padding: 'same',
        }),
        tf.layers.conv2d({ filters: 3, kernelSize: 1, name: 'two' }),
      ],
    }),
};

describe('scales are along the output channels, with the runtime’s fusions and without', () => {
  test.each(Object.keys(square))('%s', async (name) => {
    const model = fill(square[name]!(), 3);
    const x = inputs(model, 4, 4);
    const { float, simulated, optimised, plain } = await inEightBits(model, x);
    // Channels are up to sixteen times apart: along another axis, what is left is no resemblance.
    expect(noise(simulated, float)).toBeLessThan(0.02);
    expect(noise(plain, simulated)).toBeLessThan(0.005);
    expect(noise(optimised, simulated)).toBeLessThan(0.005);
  });
});

/** A random network: strides, dilation, depthwise layers, additions, concatenations and pooling, on images that are not square. */
function randomNetwork(seed: number): tf.LayersModel {
  const next = numbers(seed);
  const choose = <Value>(list: readonly Value[]) => list[Math.floor(((next() + 1) / 2) * list.length)]!;
  const size = [choose([7, 8, 11]), choose([6, 9, 12]), choose([1, 3])];
  const input = tf.input({ shape: size, name: 'image' });
  const conv = (x: tf.SymbolicTensor, filters: number, strides = 1) => {
    const activation = choose(['relu', 'linear'] as const);
    const dilationRate = strides === 1 ? choose([1, 2]) : 1;
    const kernelSize = choose([1, 3]);
    const made = tf.layers.conv2d({
      filters,
      kernelSize,
      strides,
      dilationRate,
      padding: 'same',
      activation,
    });
    const y = made.apply(x) as tf.SymbolicTensor;
    return activation === 'linear' ? (tf.layers.reLU().apply(y) as tf.SymbolicTensor) : y;
  };
  let x = conv(input, 4, choose([1, 2]));
  for (let block = 0; block < 3; block++) {
    const channels = x.shape.at(-1)!;
    const kind = choose(['add', 'concat', 'depthwise', 'pool', 'average', 'padded']);
    if (kind === 'add') {
      const sum = tf.layers.add().apply([conv(x, channels), x]) as tf.SymbolicTensor;
      x = tf.layers.reLU().apply(sum) as tf.SymbolicTensor;
    } else if (kind === 'concat') {
      x = tf.layers.concatenate().apply([conv(x, 2), x, conv(x, 3)]) as tf.SymbolicTensor;
    } else if (kind === 'depthwise') {
      const layer = tf.layers.depthwiseConv2d({
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        depthMultiplier: choose([1, 2]),
      });
      x = conv(layer.apply(x) as tf.SymbolicTensor, 5);
    } else if (kind === 'pool') {
      x = conv(tf.layers.maxPooling2d({ poolSize: 2, strides: 1 }).apply(x) as tf.SymbolicTensor, 4);
    } else if (kind === 'average') {
      x = conv(tf.layers.averagePooling2d({ poolSize: 2, strides: 1 }).apply(x) as tf.SymbolicTensor, 4);
    } else {
      const padded = tf.layers.zeroPadding2d({ padding: [[1, 0], [2, 1]] }).apply(x); // biome-ignore format: pairs
      x = tf.layers
        .conv2d({ filters: 4, kernelSize: 3, padding: 'valid' })
        .apply(padded) as tf.SymbolicTensor;
    }
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x);
  const classes = tf.layers.dense({ units: 5, name: 'classes' }).apply(pooled) as tf.SymbolicTensor;
  const map = tf.layers.conv2d({ filters: 2, kernelSize: 1, name: 'map' }).apply(x) as tf.SymbolicTensor;
  return fill(tf.model({ inputs: input, outputs: [classes, map] }), seed);
}

describe('the simulation is what ONNX Runtime computes', () => {
  test.each(Array.from({ length: 24 }, (_, seed) => seed))('random network %i', async (seed) => {
    const model = randomNetwork(seed);
    const x = inputs(model, 3, seed + 1000);
    const { float, simulated, optimised, plain } = await inEightBits(model, x);
    expect(noise(simulated, float)).toBeLessThan(0.15);
    // Sums in another order now and then fall to the other neighbour on the grid, and no more.
    expect(noise(plain, simulated)).toBeLessThan(0.02);
    expect(noise(optimised, simulated)).toBeLessThan(0.02);
    tf.dispose([float, simulated, optimised, plain, x]);
    model.dispose();
  });
});

test('a network that pools with places, and one layer that is used twice', async () => {
  const input = tf.input({ shape: [4, 8, 3], name: 'image' });
  const twice = tf.layers.conv2d({
    name: 'twice',
    filters: 3,
    kernelSize: 3,
    padding: 'same',
    activation: 'relu',
  });
  const first = twice.apply(input) as tf.SymbolicTensor;
  const [pooled, places] = new MaxPoolWithPlaces({ name: 'pool' }).apply(first) as tf.SymbolicTensor[];
  const between = twice.apply(pooled!) as tf.SymbolicTensor;
  const large = new MaxUnpool({ name: 'unpool' }).apply([between, places!]) as tf.SymbolicTensor;
  const last = tf.layers.conv2d({ name: 'last', filters: 2, kernelSize: 3, padding: 'same' }).apply(large);
  const model = fill(tf.model({ inputs: input, outputs: last as tf.SymbolicTensor }), 9);
  const x = inputs(model, 2, 10);
  const { float, simulated, optimised, plain } = await inEightBits(model, x);
  // Values that rounding makes equal are told apart by their places: the first counts, here as there.
  expect(noise(plain, simulated)).toBeLessThan(0.01);
  expect(noise(optimised, simulated)).toBeLessThan(0.01);
  expect(noise(simulated, float)).toBeLessThan(0.4);
});

test('a channel of zeros and one whose activations are all zero', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'dead',
        inputShape: [3, 4, 2],
        filters: 3,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      tf.layers.conv2d({ name: 'behind', filters: 2, kernelSize: 1 }),
    ],
  });
  model.layers[0]!.setWeights([tf.zeros([3, 3, 2, 3]), tf.tensor1d([-1, -2, -3])]);
  model.layers[1]!.setWeights([tf.zeros([1, 1, 3, 2]), tf.tensor1d([0.75, -1e-3])]);
  const { optimised, plain, simulated } = await inEightBits(model, inputs(model, 1, 2));
  for (const [output] of [optimised, plain, simulated]) {
    for (const [at, value] of values(output!).entries())
      expect(value).toBeCloseTo(at % 2 === 0 ? 0.75 : -1e-3, 6);
  }
});

test('layers that are to stay in float32 do', async () => {
  const model = fill(square['convolution between others']!(), 5);
  const x = inputs(model, 2, 6);
  const { operators, simulated, optimised } = await inEightBits(model, x, { float: ['two'] });
  expect(operators).toEqual({ QuantizeLinear: 2, DequantizeLinear: 4, Conv: 2, Relu: 1 });
  expect(noise(optimised, simulated)).toBeLessThan(0.005);
});
