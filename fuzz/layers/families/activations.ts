import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family, type Plain } from '../case';
import { type ActivationName, activations } from '../plain/activations';
import { mapped } from '../plain/broadcast';
import { Draw } from '../values';
import { stockLayer } from './stock-layer';
import { seed, whole } from './windows';

const shapes = fc.array(whole(1, 9), { minLength: 1, maxLength: 4 });

/** Spread over what activations bend at. */
function wide(draw: Draw, shape: readonly number[], factor: number) {
  const x = draw.input(shape, 'distinct');
  return { ...x, values: (x.values as Float32Array).map((value) => value * factor) };
}

/** The functions of one number, as ops. */
const ops: Readonly<
  Record<
    Exclude<ActivationName, 'linear' | 'hardSigmoid' | 'softsign' | 'swish' | 'mish'>,
    (x: tf.Tensor) => tf.Tensor
  >
> = {
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  elu: (x) => tf.elu(x),
  selu: (x) => tf.selu(x),
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  softplus: (x) => tf.softplus(x),
};

/** Activations as ops. */
export const activationOps = family({
  name: 'activation ops',
  weight: 2,
  parameters: fc.record({
    seed,
    shape: shapes,
    factor: fc.constantFrom(1, 7.97, 30.1),
    activation: fc.constantFrom(...(Object.keys(ops) as (keyof typeof ops)[])),
  }),
  build: (p: {
    readonly seed: number;
    readonly shape: number[];
    readonly factor: number;
    readonly activation: keyof typeof ops;
  }) => ({
    inputs: [wide(new Draw(p.seed), p.shape, p.factor)],
    run: ([x]) => [ops[p.activation](x!)],
    expected: ([x]) => [mapped(x!, activations[p.activation])],
    gradientScale: 1,
  }),
});

const ownAxis = ['softmax', 'logSoftmax', 'prelu', 'leakyRelu'] as const;

function rows(x: Plain, work: (row: Float64Array) => Float64Array): Plain {
  const length = x.shape.at(-1)!;
  const values = new Float64Array(x.values.length);
  for (let start = 0; start < values.length; start += length) {
    values.set(work(x.values.slice(start, start + length)), start);
  }
  return { shape: x.shape, values };
}

function logSoftmax(row: Float64Array): Float64Array {
  const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const log = Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return row.map((value) => value - most - log);
}

/** Activations that look at the last axis or have weights. */
export const activationsWithAxis = family({
  name: 'softmax and prelu',
  weight: 2,
  parameters: fc.record({
    seed,
    shape: shapes,
    factor: fc.constantFrom(1, 7.97, 30.1),
    activation: fc.constantFrom(...ownAxis),
  }),
  build: (p: {
    readonly seed: number;
    readonly shape: number[];
    readonly factor: number;
    readonly activation: (typeof ownAxis)[number];
  }) => {
    const draw = new Draw(p.seed);
    return {
      inputs: [
        wide(draw, p.shape, p.factor),
        draw.input([p.shape.at(-1)!], 'mixed', p.activation === 'prelu'),
      ],
      run: ([x, slopes]) => {
        if (p.activation === 'softmax') return [tf.softmax(x!)];
        if (p.activation === 'logSoftmax') return [tf.logSoftmax(x!)];
        return [p.activation === 'prelu' ? tf.prelu(x!, slopes!) : tf.leakyRelu(x!, 0.3)];
      },
      expected: ([x, slopes]) => {
        if (p.activation === 'softmax')
          return [{ ...rows(x!, (row) => logSoftmax(row).map(Math.exp)), scale: 1 }];
        if (p.activation === 'logSoftmax') return [rows(x!, logSoftmax)];
        const channels = x!.shape.at(-1)!;
        const slope = (i: number) => (p.activation === 'prelu' ? slopes!.values[i % channels]! : 0.3);
        return [
          { shape: x!.shape, values: x!.values.map((value, i) => (value > 0 ? value : slope(i) * value)) },
        ];
      },
      gradientScale: 1,
    };
  },
});

/** tfjs's activation layer, with each name that it knows and is one of numbers. */
export const activationLayer = family({
  name: 'layers.activation',
  weight: 1,
  parameters: fc.record({
    seed,
    shape: shapes,
    activation: fc.constantFrom(...(Object.keys(activations) as ActivationName[])),
  }),
  build: (p: { readonly seed: number; readonly shape: number[]; readonly activation: ActivationName }) =>
    stockLayer({
      x: wide(new Draw(p.seed), [2, ...p.shape], 7.97),
      make: () => tf.layers.activation({ activation: p.activation as 'relu' }),
      expected: (x) => mapped(x, activations[p.activation]),
      gradientScale: 1,
    }),
});
