import { maxPoolWithPlaces } from '@overparam/layers';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type Expected, family, type Plain } from '../case';
import { activated } from '../plain/activated';
import { type ActivationName, activations } from '../plain/activations';
import { mapped } from '../plain/broadcast';
import { convolved, depthwiseConvolved } from '../plain/convolution';
import { averagePooled, maximumPooled } from '../plain/pooling';
import type { Window } from '../plain/window';
import { Draw } from '../values';
import { seed, whole } from './windows';

interface Operation {
  readonly op: (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor;
  readonly plain: (x: Plain, kernel: Plain) => Expected;
}

const window = (size: number, stride: number, padding: 'same' | 'valid'): Window => ({
  size: [size, size],
  strides: [stride, stride],
  dilation: [1, 1],
  padding,
});

const activation = (name: ActivationName, op: (x: tf.Tensor) => tf.Tensor): Operation => ({
  op,
  plain: (x) => mapped(x, activations[name]),
});

const fused = (name: 'relu' | 'relu6'): Operation => ({
  op: (x, filter) => tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', activation: name }),
  plain: (x, kernel) => activated(convolved(x, kernel, window(3, 1, 'same')), null, name, x),
});

/** What might make a number of what is none. */
const operations: Readonly<Record<string, Operation>> = {
  relu: activation('relu', tf.relu),
  relu6: activation('relu6', tf.relu6),
  elu: activation('elu', tf.elu),
  sigmoid: activation('sigmoid', tf.sigmoid),
  tanh: activation('tanh', tf.tanh),
  softplus: activation('softplus', tf.softplus),
  clip: {
    op: (x) => tf.clipByValue(x, -0.5, 0.5),
    plain: (x) => mapped(x, (value) => Math.min(0.5, Math.max(-0.5, value))),
  },
  maximum: { op: (x) => tf.maximum(x, 0), plain: (x) => mapped(x, activations.relu) },
  'maximum of a number and it': { op: (x) => tf.maximum(0, x), plain: (x) => mapped(x, activations.relu) },
  minimum: { op: (x) => tf.minimum(x, 0.5), plain: (x) => mapped(x, (value) => Math.min(0.5, value)) },
  'minimum of a number and it': {
    op: (x) => tf.minimum(0.5, x),
    plain: (x) => mapped(x, (value) => Math.min(0.5, value)),
  },
  maxPool3d: {
    op: (x) =>
      tf.maxPool3d(
        tf.reshape(x, [...x.shape.slice(0, 3), 1, x.shape[3]] as never) as tf.Tensor5D,
        [2, 2, 1],
        [2, 2, 1],
        'same',
      ),
    plain: (x) => {
      const { shape, ...rest } = maximumPooled(x, window(2, 2, 'same'));
      return { ...rest, shape: [...shape.slice(0, 3), 1, shape[3]!] };
    },
  },
  maxPool: { op: (x) => tf.maxPool(x, 2, 2, 'same'), plain: (x) => maximumPooled(x, window(2, 2, 'same')) },
  avgPool: { op: (x) => tf.avgPool(x, 3, 1, 'same'), plain: (x) => averagePooled(x, window(3, 1, 'same')) },
  maxPoolWithPlaces: {
    op: (x) => maxPoolWithPlaces(x).values,
    plain: (x) => maximumPooled(x, window(2, 2, 'valid')),
  },
  conv2d: {
    op: (x, kernel) => tf.conv2d(x, kernel, 1, 'valid'),
    plain: (x, kernel) => convolved(x, kernel, window(3, 1, 'valid')),
  },
  depthwiseConv2d: {
    op: (x, kernel) => tf.depthwiseConv2d(x, kernel, 1, 'same'),
    plain: (x, kernel) => depthwiseConvolved(x, kernel, window(3, 1, 'same')),
  },
  'fused conv2d and relu': fused('relu'),
  'fused conv2d and relu6': fused('relu6'),
};

/** NaN among the values: it is there in all that comes of it, and nowhere else. */
export const nonFinite = family({
  name: 'non-finite values',
  weight: 4,
  parameters: fc.record({
    seed,
    batch: whole(1, 2),
    image: fc.tuple(whole(2, 5), whole(2, 5)),
    channels: fc.constantFrom(1, 2, 4, 8),
    name: fc.constantFrom(...Object.keys(operations)),
  }),
  build: (p: {
    readonly seed: number;
    readonly batch: number;
    readonly image: [number, number];
    readonly channels: number;
    readonly name: string;
  }) => {
    const { op, plain } = operations[p.name]!;
    const draw = new Draw(p.seed);
    return {
      inputs: [
        draw.input([p.batch, 2 * p.image[0], 2 * p.image[1], p.channels], 'holes', false),
        draw.input([3, 3, p.channels, 2], 'mixed', false),
      ],
      run: ([x, kernel]) => [op(x as tf.Tensor4D, kernel as tf.Tensor4D)],
      expected: ([x, kernel]) => [plain(x!, kernel!)],
    };
  },
});
