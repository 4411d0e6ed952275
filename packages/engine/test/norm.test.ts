import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { allFinite, inferenceBatchNorm, keyFromSeed, normalTensor, trainingBatchNorm } from '../src';
import { backends, useBackend } from './backends';

const epsilon = 1e-5;

/** Batch norm of `[pixels, channels]` in double, from the paper's formulas. */
function reference(x: ArrayLike<number>, gamma: ArrayLike<number>, beta: ArrayLike<number>) {
  const channels = gamma.length;
  const pixels = x.length / channels;
  const mean = Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += x[i * channels + c]!;
    return sum / pixels;
  });
  const variance = mean.map((average, c) => {
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += (x[i * channels + c]! - average) ** 2;
    return sum / pixels;
  });
  const y = Array.from(x, (value, i) => {
    const c = i % channels;
    return (gamma[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + epsilon) + beta[c]!;
  });
  return { y, mean, variance };
}

/** Central differences, in double, of sum(weights * y) in one entry of one of the three inputs. */
function slope(inputs: number[][], weights: ArrayLike<number>, which: number, at: number): number {
  const loss = (shift: number) => {
    const moved = inputs.map((values, i) =>
      values.map((value, j) => (i === which && j === at ? value + shift : value)),
    );
    const { y } = reference(moved[0]!, moved[1]!, moved[2]!);
    return y.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };
  const step = 1e-4;
  return (loss(step) - loss(-step)) / (2 * step);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1e-3, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!) / scale).toBeLessThanOrEqual(tolerance);
  }
}

const shapes = fc.record({
  batch: fc.integer({ min: 2, max: 4 }),
  size: fc.integer({ min: 1, max: 4 }),
  channels: fc.integer({ min: 1, max: 21 }),
  dense: fc.boolean(),
});

describe.each(backends)('training batch norm on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('gives the outputs, statistics and gradients of the definition', () => {
    const check = ({
      batch,
      size,
      channels,
      dense,
    }: {
      batch: number;
      size: number;
      channels: number;
      dense: boolean;
    }) => {
      const before = tf.memory().numTensors;
      const shape = dense ? [batch * 3, channels] : [batch, size, size + 1, channels];
      const x = normalTensor(keyFromSeed(1), shape, 2, 3) as tf.Tensor4D;
      const gamma = normalTensor(keyFromSeed(2), [channels], 1, 0.5) as tf.Tensor1D;
      const beta = normalTensor(keyFromSeed(3), [channels], 0, 1) as tf.Tensor1D;
      const weights = normalTensor(keyFromSeed(4), shape, 0, 1);
      const inputs = [x, gamma, beta].map((tensor) => Array.from(tensor.dataSync()));
      const expected = reference(inputs[0]!, inputs[1]!, inputs[2]!);
      const { y, mean, variance } = trainingBatchNorm(x, gamma, beta, epsilon);
      expectClose(y.dataSync(), expected.y, 2e-5);
      expectClose(mean.dataSync(), expected.mean, 1e-5);
      expectClose(variance.dataSync(), expected.variance, 1e-5);
      const gradients = tf.grads((a, b, c) =>
        tf.sum(
          tf.mul(trainingBatchNorm(a as tf.Tensor4D, b as tf.Tensor1D, c as tf.Tensor1D, epsilon).y, weights),
        ),
      )([x, gamma, beta]);
      gradients.forEach((gradient, which) => {
        const values = gradient.dataSync();
        for (const at of [0, values.length >> 1, values.length - 1]) {
          const difference = slope(inputs, weights.dataSync(), which, at);
          expect(Math.abs(values[at]! - difference)).toBeLessThan(2e-3 * (1 + Math.abs(difference)));
        }
      });
      tf.dispose([x, gamma, beta, weights, y, mean, variance, gradients]);
      expect(tf.memory().numTensors).toBe(before);
    };
    fc.assert(fc.property(shapes, check), { numRuns: 25, seed: 1 });
  });

  test('has the gradients that tfjs derives from the composite, over several blocks of pixels', () => {
    const x = normalTensor(keyFromSeed(1), [4, 16, 17, 16], 1, 2) as tf.Tensor4D;
    const gamma = normalTensor(keyFromSeed(2), [16], 1, 0.5) as tf.Tensor1D;
    const beta = normalTensor(keyFromSeed(3), [16], 0, 1) as tf.Tensor1D;
    const weights = normalTensor(keyFromSeed(4), x.shape, 0, 1);
    const composite = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => {
      const { mean, variance } = tf.moments(a, [0, 1, 2]);
      return tf.add(tf.mul(tf.mul(tf.sub(a, mean), tf.rsqrt(tf.add(variance, epsilon))), b), c);
    };
    const fused = tf.grads((a, b, c) =>
      tf.mul(trainingBatchNorm(a as tf.Tensor4D, b as tf.Tensor1D, c as tf.Tensor1D, epsilon).y, weights),
    )([x, gamma, beta]);
    const plain = tf.grads((a, b, c) => tf.mul(composite(a!, b!, c!), weights))([x, gamma, beta]);
    fused.forEach((gradient, i) => {
      expectClose(gradient.dataSync(), plain[i]!.dataSync(), 2e-5);
    });
    tf.dispose([x, gamma, beta, weights, fused, plain]);
  });

  test('passes no gradient through the statistics it returns', () => {
    const x = normalTensor(keyFromSeed(1), [5, 4], 0, 1) as tf.Tensor2D;
    const one = tf.ones([4]) as tf.Tensor1D;
    const gradient = tf.grad((a) => {
      const { y, mean, variance } = trainingBatchNorm(a as tf.Tensor2D, one, one, epsilon);
      return tf.add(tf.sum(tf.add(mean, variance)), tf.mul(tf.sum(y), 0));
    })(x);
    expect(Math.max(...gradient.abs().dataSync())).toBe(0);
    tf.dispose([x, one, gradient]);
  });

  test('inference form equals the definition and has its gradients', () => {
    const x = tf.tensor2d([1, 2, 3, 5], [2, 2]);
    const [gamma, beta] = [tf.tensor1d([2, 3]), tf.tensor1d([1, -1])];
    const [mean, variance] = [tf.tensor1d([1, 1]), tf.tensor1d([4, 16])];
    const y = inferenceBatchNorm(x, gamma, beta, mean, variance, 0);
    // (x - 1) / (2 or 4), times gamma, plus beta
    expectClose(y.dataSync(), [1, -0.25, 3, 2], 1e-6);
    const gradients = tf.grads((a, b, c) =>
      inferenceBatchNorm(a as tf.Tensor2D, b as tf.Tensor1D, c as tf.Tensor1D, mean, variance, 0),
    )([x, gamma, beta]);
    expectClose(gradients[0]!.dataSync(), [1, 0.75, 1, 0.75], 1e-6);
    expectClose(gradients[1]!.dataSync(), [1, 1.25], 1e-6);
    expectClose(gradients[2]!.dataSync(), [2, 2], 1e-6);
    tf.dispose([x, gamma, beta, mean, variance, y, gradients]);
  });

  test('ReLU passes the gradient where its input is positive, at any length', () => {
    for (const size of [1, 7, 8, 31, 64]) {
      const x = normalTensor(keyFromSeed(size), [size], 0, 1);
      const weights = normalTensor(keyFromSeed(100), [size], 0, 1);
      const gradient = tf.grad((a) => tf.mul(tf.relu(a), weights))(x);
      const expected = Array.from(weights.dataSync(), (value, i) => (x.dataSync()[i]! > 0 ? value : 0));
      expect(Array.from(gradient.dataSync(), Math.abs)).toEqual(expected.map(Math.abs));
      tf.dispose([x, weights, gradient]);
    }
  });

  test.each([
    ['finite', [1, -3e38, 0], 1],
    ['a NaN', [1, Number.NaN], 0],
    ['an infinity', [Number.NEGATIVE_INFINITY, 2], 0],
  ])('allFinite sees %s', (_, values, expected) => {
    const before = tf.memory().numTensors;
    const tensors = [tf.ones([3, 2]), tf.tensor1d([1, 2], 'int32'), tf.tensor1d(values)];
    const result = allFinite(tensors);
    expect(result.dtype).toBe('bool');
    expect(result.dataSync()[0]).toBe(expected);
    tf.dispose([tensors, result]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
