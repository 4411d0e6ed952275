import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type Expected, family, type LayerCase, type Plain } from '../case';
import { activations } from '../plain/activations';
import { elementAt, filled, mapped } from '../plain/broadcast';
import { convolved, depthwiseConvolved, largest, transposed } from '../plain/convolution';
import type { Window } from '../plain/window';
import { Draw } from '../values';
import { stockLayer } from './stock-layer';
import { seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  readonly image: [number, number];
  readonly channels: number;
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
  readonly same: boolean;
  readonly name: keyof typeof layers;
}

const windowOf = ({ size, stride, same }: Parameters): Window => ({
  size: [size, size],
  strides: [stride, stride],
  dilation: [1, 1],
  padding: same ? 'same' : 'valid',
});

/** Adds one number a channel. */
function shifted(y: Expected, bias: Plain): Expected {
  const values = y.values.map((value, i) => value + bias.values[i % bias.values.length]!);
  return { ...y, values, scale: (y.scale ?? largest(y.values)) + largest(bias.values) };
}

const flat = (x: Plain, shape: readonly number[]): Plain => ({ shape, values: x.values });

const layers = {
  dense: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, p.channels]),
      weights: [draw.input([p.channels, p.filters]), draw.input([p.filters])],
      make: () => tf.layers.dense({ units: p.filters, activation: 'relu' }),
      expected: (x, [kernel, bias]) => {
        const one: Window = { size: [1, 1], strides: [1, 1], dilation: [1, 1], padding: 'valid' };
        const y = convolved(
          flat(x, [p.batch, 1, 1, p.channels]),
          flat(kernel!, [1, 1, ...kernel!.shape]),
          one,
        );
        return mapped({ ...shifted(y, bias!), shape: [p.batch, p.filters] }, activations.relu);
      },
    }),
  conv1d: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, p.image[0], p.channels]),
      weights: [draw.input([p.size, p.channels, p.filters]), draw.input([p.filters])],
      make: () =>
        tf.layers.conv1d({
          filters: p.filters,
          kernelSize: p.size,
          strides: p.stride,
          padding: p.same ? 'same' : 'valid',
        }),
      expected: (x, [kernel, bias]) => {
        const along: Window = { ...windowOf(p), size: [p.size, 1], strides: [p.stride, 1] };
        const [k, cin, cout] = kernel!.shape as [number, number, number];
        const y = convolved(
          flat(x, [p.batch, p.image[0], 1, p.channels]),
          flat(kernel!, [k, 1, cin, cout]),
          along,
        );
        return shifted({ ...y, shape: [p.batch, y.shape[1]!, p.filters] }, bias!);
      },
    }),
  depthwiseConv2d: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, ...p.image, p.channels]),
      weights: [draw.input([p.size, p.size, p.channels, 2]), draw.input([p.channels * 2])],
      make: () =>
        tf.layers.depthwiseConv2d({
          kernelSize: p.size,
          strides: p.stride,
          depthMultiplier: 2,
          padding: p.same ? 'same' : 'valid',
        }),
      expected: (x, [kernel, bias]) => shifted(depthwiseConvolved(x, kernel!, windowOf(p)), bias!),
    }),
  conv2dTranspose: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, ...p.image, p.channels]),
      weights: [draw.input([p.size, p.size, p.filters, p.channels]), draw.input([p.filters])],
      make: () =>
        tf.layers.conv2dTranspose({
          filters: p.filters,
          kernelSize: p.size,
          strides: p.stride,
          padding: p.same ? 'same' : 'valid',
        }),
      expected: (x, [kernel, bias]) => {
        const out = (length: number) =>
          p.same ? length * p.stride : length * p.stride + Math.max(p.size - p.stride, 0);
        return shifted(transposed(x, kernel!, windowOf(p), [out(p.image[0]), out(p.image[1])]), bias!);
      },
    }),
  zeroPadding2d: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, ...p.image, p.channels]),
      make: () =>
        tf.layers.zeroPadding2d({
          padding: [
            [1, p.stride],
            [p.size, 0],
          ],
        }),
      expected: (x) =>
        filled([p.batch, p.image[0] + 1 + p.stride, p.image[1] + p.size, p.channels], ([n, i, j, c]) => {
          const [row, column] = [i! - 1, j! - p.size];
          const inside = row >= 0 && row < p.image[0] && column >= 0 && column < p.image[1];
          return inside ? elementAt(x, [n!, row, column, c!]) : 0;
        }),
      tolerance: 0,
    }),
  embedding: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.integers([p.batch, p.image[0]], 0, p.filters),
      weights: [draw.input([p.filters, p.channels])],
      make: () => tf.layers.embedding({ inputDim: p.filters, outputDim: p.channels }),
      expected: (x, [table]) =>
        filled([p.batch, p.image[0], p.channels], ([n, i, c]) =>
          elementAt(table!, [elementAt(x, [n!, i!]), c!]),
        ),
      tolerance: 0,
    }),
  layerNormalization: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, p.image[0], p.channels + 1]),
      weights: [draw.input([p.channels + 1]), draw.input([p.channels + 1])],
      make: () => tf.layers.layerNormalization({ epsilon: 1e-3 }),
      expected: (x, [gamma, beta]) => {
        const width = p.channels + 1;
        const values = new Float64Array(x.values.length);
        for (let start = 0; start < values.length; start += width) {
          const row = x.values.slice(start, start + width);
          const mean = row.reduce((sum, value) => sum + value, 0) / width;
          const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
          values.set(
            row.map(
              (value, c) =>
                ((value - mean) / Math.sqrt(variance + 1e-3)) * gamma!.values[c]! + beta!.values[c]!,
            ),
            start,
          );
        }
        return { shape: x.shape, values, scale: 5 };
      },
      gradientScale: 1,
    }),
  prelu: (p: Parameters, draw: Draw): LayerCase =>
    stockLayer({
      x: draw.input([p.batch, ...p.image, p.channels], 'distinct'),
      weights: [draw.input([...p.image, p.channels])],
      make: () => tf.layers.prelu({}),
      expected: (x, [alpha]) => ({
        shape: x.shape,
        values: x.values.map((value, i) =>
          value > 0 ? value : value * alpha!.values[i % alpha!.values.length]!,
        ),
      }),
    }),
};

/** More of tfjs's layers, at inference. */
export const moreLayers = family({
  name: 'layers',
  weight: 4,
  parameters: fc
    .record({
      seed,
      batch: whole(1, 3),
      image: fc.tuple(whole(1, 9), whole(1, 9)),
      channels: fc.constantFrom(1, 2, 3, 4, 8),
      filters: fc.constantFrom(1, 2, 3, 4, 8),
      size: whole(1, 4),
      stride: whole(1, 3),
      same: fc.boolean(),
      name: fc.constantFrom(...(Object.keys(layers) as (keyof typeof layers)[])),
    })
    .filter(({ image, size, same }) => same || (image[0] >= size && image[1] >= size)),
  build: (p: Parameters) => layers[p.name](p, new Draw(p.seed)),
});
