import { inferenceBatchNorm, trainingBatchNorm } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type Expected, family, type Plain } from '../case';
import { Draw } from '../values';
import { stockLayer } from './stock-layer';
import { channelCounts, seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  /** All axes but the channels'. */
  readonly leading: readonly number[];
  readonly channels: number;
  readonly epsilon: number;
  /** Added to all of x. */
  readonly offset: number;
}

const images = fc.tuple(whole(1, 4), whole(1, 9), whole(1, 9));
const vectors = fc.tuple(whole(2, 40));

const common = {
  seed,
  leading: fc.oneof(images, vectors) as fc.Arbitrary<readonly number[]>,
  channels: fc.oneof(channelCounts, fc.constantFrom(6, 20, 24)),
  epsilon: fc.constantFrom(1e-3, 1e-5),
  offset: fc.constantFrom(0, 0, 3, -10),
};

function image(p: Parameters, draw: Draw) {
  const x = draw.input([...p.leading, p.channels]);
  return { ...x, values: (x.values as Float32Array).map((value) => value + p.offset) };
}

/** gamma (x - mean) / sqrt(variance + epsilon) + beta */
function normalised(x: Plain, [gamma, beta, mean, variance]: readonly Plain[], epsilon: number): Expected {
  const channels = x.shape.at(-1)!;
  let scale = 0;
  const values = x.values.map((value, i) => {
    const c = i % channels;
    const slope = gamma!.values[c]! / Math.sqrt(variance!.values[c]! + epsilon);
    scale = Math.max(
      scale,
      (Math.abs(value) + Math.abs(mean!.values[c]!)) * Math.abs(slope) + Math.abs(beta!.values[c]!),
    );
    return (value - mean!.values[c]!) * slope + beta!.values[c]!;
  });
  return { shape: x.shape, values, scale };
}

/** Of a batch by channel: mean, and variance divided by the count. */
function statistics(x: Plain): { mean: Plain; variance: Plain } {
  const channels = x.shape.at(-1)!;
  const count = x.values.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.values.forEach((value, i) => {
    mean[i % channels]! += value / count;
  });
  x.values.forEach((value, i) => {
    variance[i % channels]! += (value - mean[i % channels]!) ** 2 / count;
  });
  return { mean: { shape: [channels], values: mean }, variance: { shape: [channels], values: variance } };
}

/**
 * Size of what a channel's gradient is the difference of: with a channel of nearly equal values, of much more than the
 * gradient itself.
 */
function termSize(x: Plain, gamma: Plain, epsilon: number): number {
  const { variance } = statistics(x);
  const size = x.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const slopes = Array.from(variance.values, (spread, c) => {
    const scale = 1 / Math.sqrt(spread + epsilon);
    return Math.abs(gamma.values[c]!) * scale * (1 + size * scale);
  });
  return Math.max(...slopes);
}

/** By the batch's own statistics. */
export const trainingNorm = family({
  name: 'trainingBatchNorm',
  weight: 3,
  parameters: fc
    .record(common)
    .filter(({ leading }) => leading.reduce((product, length) => product * length, 1) > 1),
  build: (p: Parameters) => {
    const draw = new Draw(p.seed);
    const inputs = [image(p, draw), draw.input([p.channels]), draw.input([p.channels])];
    const [drawn, factors] = inputs.map(({ shape, values }) => ({
      shape,
      values: Float64Array.from(values),
    }));
    return {
      inputs,
      gradientScale: termSize(drawn!, factors!, p.epsilon),
      run: ([x, gamma, beta]) => {
        const { y } = trainingBatchNorm(
          x as tf.Tensor4D,
          gamma as tf.Tensor1D,
          beta as tf.Tensor1D,
          p.epsilon,
        );
        return [y];
      },
      expected: ([x, gamma, beta]) => {
        const { mean, variance } = statistics(x!);
        return [normalised(x!, [gamma!, beta!, mean, variance], p.epsilon)];
      },
      tolerance: 3e-5,
    };
  },
});

/** The statistics that go with it, which carry no gradient. */
export const batchStatistics = family({
  name: 'trainingBatchNorm statistics',
  weight: 1,
  parameters: fc.record(common),
  build: (p: Parameters) => {
    const draw = new Draw(p.seed);
    return {
      inputs: [{ ...image(p, draw), differentiable: false }],
      run: ([x]) => {
        const { mean, variance } = trainingBatchNorm(
          x as tf.Tensor4D,
          tf.ones([p.channels]) as tf.Tensor1D,
          tf.zeros([p.channels]) as tf.Tensor1D,
          p.epsilon,
        );
        return [mean, variance];
      },
      expected: ([x]) => {
        const { mean, variance } = statistics(x!);
        const size = x!.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        return [
          { ...mean, scale: size },
          { ...variance, scale: size * size },
        ];
      },
      tolerance: 2e-6,
    };
  },
});

/** By given statistics. */
export const inferenceNorm = family({
  name: 'inferenceBatchNorm',
  weight: 2,
  parameters: fc
    .record({ ...common, stock: fc.boolean() })
    .filter(({ leading, stock }) => !stock || leading.length === 3),
  build: (p: Parameters & { readonly stock: boolean }) => {
    const draw = new Draw(p.seed);
    const vector = (kind: 'mixed' | 'positive', differentiable: boolean) =>
      draw.input([p.channels], kind, differentiable);
    return {
      inputs: [
        image(p, draw),
        vector('mixed', true),
        vector('mixed', true),
        vector('mixed', p.stock),
        vector('positive', p.stock),
      ],
      run: (inputs) => {
        const [x, gamma, beta, mean, variance] = inputs as [
          tf.Tensor4D,
          tf.Tensor1D,
          tf.Tensor1D,
          tf.Tensor1D,
          tf.Tensor1D,
        ];
        return [
          p.stock
            ? tf.batchNorm(x, mean, variance, beta, gamma, p.epsilon)
            : inferenceBatchNorm(x, gamma, beta, mean, variance, p.epsilon),
        ];
      },
      expected: ([x, ...others]) => [normalised(x!, others, p.epsilon)],
    };
  },
});

/** tfjs's layer, at inference. */
export const normLayer = family({
  name: 'layers.batchNormalization',
  weight: 1,
  parameters: fc.record(common),
  build: (p: Parameters) => {
    const draw = new Draw(p.seed);
    const x = image(p, draw);
    return stockLayer({
      x,
      weights: [
        draw.input([p.channels]),
        draw.input([p.channels]),
        draw.input([p.channels]),
        draw.input([p.channels], 'positive'),
      ],
      make: () => tf.layers.batchNormalization({ epsilon: p.epsilon }),
      expected: (given, weights) => normalised(given, weights, p.epsilon),
    });
  },
});
