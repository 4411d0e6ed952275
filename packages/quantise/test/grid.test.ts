import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { quantiseActivations, quantiseKernel } from '../src/fake-quantise';
import { activationGrid, biasOnGrid, roundHalfEven, weightOnGrid, weightScales } from '../src/grid';
import { Histogram } from '../src/histogram';
import { channelsOf } from '../src/kinds';

describe('grids of activations', () => {
  test('a range from zero on has zero at 0, and its largest value at 255', () => {
    expect(activationGrid({ low: 0, high: 51 })).toEqual({ scale: Math.fround(0.2), zeroPoint: 0 });
  });

  test('a range to both sides has zero on the grid', () => {
    // 255 steps over 5.1: 0.02 each, and 1.0 of it below zero.
    const { scale, zeroPoint } = activationGrid({ low: -1, high: 4.1 });
    expect(scale).toBeCloseTo(0.02, 7);
    expect(zeroPoint).toBe(50);
  });

  test('a range without zero is widened to it', () => {
    expect(activationGrid({ low: 2, high: 5.1 }).zeroPoint).toBe(0);
    expect(activationGrid({ low: -5.1, high: -2 }).zeroPoint).toBe(255);
  });

  test('nothing but zero is no division by zero', () => {
    expect(activationGrid({ low: 0, high: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });
});

test('halves are rounded to even numbers, as TensorFlow and ONNX do', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49, -0.51].map(roundHalfEven)).toEqual([
    0, 2, 2, 0, -2, -2, 0, -1,
  ]);
});

describe('grids of weights', () => {
  const dense = tf.layers.dense({ units: 3 });

  test('the largest of each output channel becomes 127', () => {
    // [cin, cout] = [2, 3]: columns are the channels.
    const weight = { shape: [2, 3], data: Float32Array.of(1.27, -2, 0, -0.5, 254, 0) };
    const channels = channelsOf(dense, 'kernel', weight.shape);
    const scales = weightScales(weight, channels, null, null);
    // A channel of zeros has scale 1.
    expect([...scales]).toEqual([Math.fround(Math.fround(1.27) / 127), 2, 1]);
    const onGrid = weightOnGrid(weight, channels, scales);
    expect(onGrid[0]).toBeCloseTo(1.27, 6);
    // -0.5 is 50 steps of 0.01, -2 is one of 2.
    expect(onGrid[3]).toBeCloseTo(-0.5, 6);
    expect([onGrid[1], onGrid[2], onGrid[4], onGrid[5]]).toEqual([-2, 0, 254, 0]);
  });

  test('a channel of zeros takes a scale at which its bias fits into 32 bits', () => {
    const weight = { shape: [1, 1], data: Float32Array.of(0) };
    const channels = channelsOf(dense, 'kernel', weight.shape);
    const [scale] = weightScales(weight, channels, Float32Array.of(3), 0.25);
    expect(scale! * 0.25 * 2 ** 30).toBeCloseTo(3, 5);
    const [bias] = biasOnGrid(Float32Array.of(3), Float32Array.of(scale!), 0.25);
    expect(bias).toBeCloseTo(3, 6);
  });

  test('a channel of tiny weights does not let its bias overflow', () => {
    const weight = { shape: [1, 1], data: Float32Array.of(1e-20) };
    const channels = channelsOf(dense, 'kernel', weight.shape);
    const [scale] = weightScales(weight, channels, Float32Array.of(-7), 0.5);
    expect(7 / (scale! * 0.5)).toBeLessThan(2 ** 31);
  });

  test('channels of depthwise and transposed kernels are where TensorFlow.js has them', () => {
    // [kh, kw, cin, multiplier] = [1, 1, 2, 3]: six channels in a row.
    const depthwise = tf.layers.depthwiseConv2d({ kernelSize: 1, depthMultiplier: 3 });
    const six = channelsOf(depthwise, 'depthwise_kernel', [1, 1, 2, 3]);
    expect(six.count).toBe(6);
    expect([0, 1, 2, 3, 4, 5].map((place) => six.at(place))).toEqual([0, 1, 2, 3, 4, 5]);
    // [kh, kw, cout, cin] = [1, 2, 2, 3].
    const transposed = tf.layers.conv2dTranspose({ filters: 2, kernelSize: [1, 2] });
    const two = channelsOf(transposed, 'kernel', [1, 2, 2, 3]);
    expect(two.count).toBe(2);
    expect(Array.from({ length: 12 }, (_, place) => two.at(place))).toEqual([
      0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1,
    ]);
  });
});

describe('ranges from what was seen', () => {
  test('a percentile leaves out the farthest', () => {
    const histogram = new Histogram({ low: 0, high: 100 }, 100);
    histogram.add(Float32Array.from({ length: 1000 }, (_, at) => (at === 0 ? 100 : at % 10)));
    const { low, high } = histogram.percentile(0.01);
    expect(low).toBe(0);
    // Of a thousand values ten may go: one is at 100, ninety-nine are above 9.
    expect(high).toBe(10);
  });

  test('the least error is that of a search by hand', () => {
    const histogram = new Histogram({ low: -4, high: 4 }, 2048);
    const values = Float32Array.from({ length: 20_000 }, (_, at) => {
      // Quantiles of the logistic distribution, which has longer tails than the normal one.
      const share = (at + 0.5) / 20_000;
      return Math.max(-4, Math.min(4, 0.3 * Math.log(share / (1 - share))));
    });
    histogram.add(values);
    const found = histogram.leastError();
    const errorOf = (share: number) => {
      const { scale, zeroPoint } = activationGrid({ low: -4 * share, high: 4 * share });
      return values.reduce((sum, value) => {
        const whole = Math.min(255 - zeroPoint, Math.max(-zeroPoint, roundHalfEven(value / scale)));
        return sum + (whole * scale - value) ** 2;
      }, 0);
    };
    const shares = Array.from({ length: 80 }, (_, at) => (at + 21) / 100);
    const best = Math.min(...shares.map(errorOf));
    expect(found.high).toBeLessThan(4);
    expect(errorOf(found.high / 4)).toBeLessThan(1.02 * best);
  });

  test('a range of zeros stays one', () => {
    const histogram = new Histogram({ low: 0, high: 0 }, 16);
    histogram.add(new Float32Array(8));
    expect(histogram.leastError()).toEqual({ low: 0, high: 0 });
    expect(histogram.percentile(0.1)).toEqual({ low: 0, high: 0 });
  });
});

describe('straight-through gradients', () => {
  const grid = { scale: 0.5, zeroPoint: 2 };
  // On the grid from -1 to 126.5.
  const x = () => tf.tensor1d([-3, -1, -0.3, 0.25, 0.75, 126.5, 200]);

  test('values go to the nearest step, halves to even ones, and are cut at the ends', () => {
    expect([...quantiseActivations(x(), grid).dataSync()]).toEqual([-1, -1, -0.5, 0, 1, 126.5, 126.5]);
  });

  test('the gradient passes within the grid and ends beyond it', () => {
    const weights = tf.tensor1d([1, 2, 3, 4, 5, 6, 7]);
    const gradient = tf.grad((value) => tf.sum(tf.mul(quantiseActivations(value, grid), weights)))(x());
    expect([...gradient.dataSync()]).toEqual([0, 2, 3, 4, 5, 6, 0]);
  });

  test('a kernel is rounded by output channel, and its gradient is that of the product', () => {
    // [1, 1, 2, 2]: channel 0 holds 1.27 and 0.014, channel 1 holds zeros.
    const kernel = tf.tensor4d([1.27, 0, 0.014, 0], [1, 1, 2, 2]);
    const rounded = quantiseKernel(kernel).dataSync();
    expect(rounded[0]).toBeCloseTo(1.27, 6);
    expect(rounded[2]).toBeCloseTo(0.01, 6);
    expect([rounded[1], rounded[3]]).toEqual([0, 0]);
    const factor = tf.tensor4d([2, -3, 5, 7], [1, 1, 2, 2]);
    const loss = (value: tf.Tensor) =>
      tf.sum(tf.square(tf.mul(quantiseKernel(value as tf.Tensor4D), factor)));
    // d/dk sum (f q(k))^2 = 2 f^2 q(k) where dq/dk is taken to be 1.
    const gradient = tf.grad(loss)(kernel).dataSync();
    [2 * 4 * 1.27, 0, 2 * 25 * 0.01, 0].forEach((value, at) => {
      expect(gradient[at]).toBeCloseTo(value, 4);
    });
  });

  test('no tensor is left behind', () => {
    const value = x();
    const before = tf.memory().numTensors;
    quantiseActivations(value, grid).dispose();
    tf.grad((given) => tf.sum(quantiseActivations(given, grid)))(value).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
