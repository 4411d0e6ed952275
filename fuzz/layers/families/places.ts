import { maxPoolWithPlaces, maxUnpool, unitLength } from '@overparam/layers';
import type * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family, type Plain } from '../case';
import { maximumPooled, maximumPooledGradient } from '../plain/pooling';
import type { Window } from '../plain/window';
import { Draw, type ValueKind } from '../values';
import { channelCounts, pairOf, seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  /** In windows of two pixels. */
  readonly image: [number, number];
  readonly channels: number;
  readonly kind: ValueKind;
}

const parameters = fc.record({
  seed,
  batch: whole(1, 3),
  image: pairOf(whole(1, 8)),
  channels: channelCounts,
  kind: fc.constantFrom<ValueKind>('mixed', 'negative', 'ties'),
});

const windowOfTwo: Window = { size: [2, 2], strides: [2, 2], dilation: [1, 1], padding: 'valid' };

/** Where in its window each maximum is: 0 top left to 3 bottom right. */
function placesOf(x: Plain): Plain {
  const { shape, from } = maximumPooled(x, windowOfTwo);
  const [, h, w, c] = x.shape as [number, number, number, number];
  const values = Float64Array.from(from, (source) => {
    const pixel = Math.floor(source / c);
    return 2 * ((Math.floor(pixel / w) % h) % 2) + ((pixel % w) % 2);
  });
  return { shape, values };
}

/** Max-pooling of 2x2 pixels that tells where each maximum was. */
export const poolingWithPlaces = family({
  name: 'maxPoolWithPlaces',
  weight: 1,
  parameters,
  build: (p: Parameters) => ({
    inputs: [new Draw(p.seed).input([p.batch, 2 * p.image[0], 2 * p.image[1], p.channels], p.kind)],
    run: ([x]) => {
      const { values, places } = maxPoolWithPlaces(x as tf.Tensor4D);
      return [values, places];
    },
    expected: ([x]) => [maximumPooled(x!, windowOfTwo), placesOf(x!)],
    gradients: ([x], [dy]) => [maximumPooledGradient(x!, dy!, windowOfTwo)],
    tolerance: 0,
  }),
});

/** Its opposite. */
export const unpooling = family({
  name: 'maxUnpool',
  weight: 1,
  parameters,
  build: (p: Parameters) => {
    const draw = new Draw(p.seed);
    const shape = [p.batch, ...p.image, p.channels];
    const places = draw.integers(shape, 0, 4);
    return {
      inputs: [draw.input(shape), { shape, values: Float32Array.from(places.values) }],
      run: ([values, at]) => [maxUnpool(values as tf.Tensor4D, at as tf.Tensor4D)],
      expected: ([values, at]) => {
        const [n, h, w, c] = shape as [number, number, number, number];
        const image = new Float64Array(values!.values.length * 4);
        values!.values.forEach((value, i) => {
          const channel = i % c;
          const pixel = (i - channel) / c;
          const [row, column] = [Math.floor(pixel / w), pixel % w];
          const place = at!.values[i]!;
          image[((2 * row + (place >> 1)) * 2 * w + 2 * column + (place & 1)) * c + channel] = value;
        });
        return [{ shape: [n, 2 * h, 2 * w, c], values: image }];
      },
      tolerance: 0,
    };
  },
});

/** Vectors scaled to length 1. */
export const unitVectors = family({
  name: 'unitLength',
  weight: 1,
  parameters,
  build: (p: Parameters) => ({
    inputs: [new Draw(p.seed).input([p.batch, ...p.image, p.channels])],
    run: ([x]) => [unitLength(x!)],
    expected: ([x]) => {
      const values = new Float64Array(x!.values.length);
      for (let start = 0; start < values.length; start += p.channels) {
        const vector = x!.values.slice(start, start + p.channels);
        const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
        values.set(
          vector.map((value) => value / length),
          start,
        );
      }
      return [{ shape: x!.shape, values, scale: 1 }];
    },
    gradientScale: 1,
  }),
});
