import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { averagePooled, maximumPooled, maximumPooledGradient } from '../plain/pooling';
import { fits, tfjsPadding, type Window, type WindowPadding } from '../plain/window';
import { Draw, type ValueKind } from '../values';
import { stockLayer } from './stock-layer';
import { channelCounts, pairOf, seed, sides, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  readonly image: [number, number];
  readonly channels: number;
  readonly kind: ValueKind;
  readonly window: Window;
}

/** No window may lie in the padding altogether: it has no largest value. */
const around = (size: readonly [number, number]): fc.Arbitrary<WindowPadding> => {
  const sidesOf = (length: number) => fc.tuple(whole(0, length - 1), whole(0, length - 1));
  return fc.oneof(
    fc.constant<WindowPadding>('same'),
    fc.constant<WindowPadding>('valid'),
    fc.tuple(sidesOf(size[0]), sidesOf(size[1])),
  );
};

const windows = pairOf(whole(1, 5)).chain((size) =>
  fc.record({
    size: fc.constant(size),
    strides: pairOf(whole(1, 4)),
    dilation: fc.constant<[number, number]>([1, 1]),
    padding: around(size),
  }),
);

const parameters = fc
  .record({
    seed,
    batch: whole(1, 3),
    image: pairOf(sides),
    channels: channelCounts,
    kind: fc.constantFrom<ValueKind>('mixed', 'negative', 'positive', 'ties'),
    window: windows,
  })
  .filter(({ image, window }) => fits(image, window))
  // Padded by more than `same` would, windows at the far side may see nothing.
  .filter(({ image, window }) => typeof window.padding === 'string' || seesEverywhere(image, window));

function seesEverywhere(image: readonly [number, number], window: Window): boolean {
  const one = { shape: [1, ...image, 1], values: new Float64Array(image[0] * image[1]).fill(1) };
  return averagePooled(one, window).values.every((value) => value === 1);
}

const rounding = ({ padding }: Window) => (typeof padding === 'string' ? undefined : 'floor');

/** tfjs's `maxPool`; its gradient goes to the first of equals. */
export const maximumPooling = family({
  name: 'maxPool',
  weight: 3,
  parameters,
  build: (p: Parameters) => ({
    inputs: [new Draw(p.seed).input([p.batch, ...p.image, p.channels], p.kind)],
    run: ([x]) => [
      tf.maxPool(
        x as tf.Tensor4D,
        [...p.window.size],
        [...p.window.strides],
        tfjsPadding(p.window.padding) as 'same',
        rounding(p.window),
      ),
    ],
    expected: ([x]) => [maximumPooled(x!, p.window)],
    gradients: ([x], [dy]) => [maximumPooledGradient(x!, dy!, p.window)],
    tolerance: 0,
  }),
});

/** tfjs's `avgPool`. */
export const averagePooling = family({
  name: 'avgPool',
  weight: 3,
  parameters,
  build: (p: Parameters) => ({
    inputs: [new Draw(p.seed).input([p.batch, ...p.image, p.channels], p.kind)],
    run: ([x]) => [
      tf.avgPool(
        x as tf.Tensor4D,
        [...p.window.size],
        [...p.window.strides],
        tfjsPadding(p.window.padding) as 'same',
        rounding(p.window),
      ),
    ],
    expected: ([x]) => [averagePooled(x!, p.window)],
  }),
});

type Kind = 'maxPooling2d' | 'averagePooling2d' | 'globalMaxPooling2d' | 'globalAveragePooling2d';

/** tfjs's layers, over windows and whole images. */
export const poolingLayer = family({
  name: 'pooling layers',
  weight: 2,
  parameters: fc
    .record({
      ...{ seed, batch: whole(1, 3), image: pairOf(sides), channels: channelCounts, window: windows },
      layer: fc.constantFrom<Kind>(
        'maxPooling2d',
        'averagePooling2d',
        'globalMaxPooling2d',
        'globalAveragePooling2d',
      ),
    })
    .filter(({ image, window }) => typeof window.padding === 'string' && fits(image, window)),
  build: (p: Omit<Parameters, 'kind'> & { readonly layer: Kind }) => {
    const { size, strides, padding } = p.window;
    const global = p.layer.startsWith('global');
    const window: Window = global
      ? { size: p.image, strides: [1, 1], dilation: [1, 1], padding: 'valid' }
      : p.window;
    return stockLayer({
      // Without ties: where several are the largest, tfjs's gradient of a maximum over axes goes to all of them.
      x: new Draw(p.seed).input([p.batch, ...p.image, p.channels], 'distinct'),
      make: () => {
        if (p.layer === 'globalMaxPooling2d') return tf.layers.globalMaxPooling2d({});
        if (p.layer === 'globalAveragePooling2d') return tf.layers.globalAveragePooling2d({});
        const config = {
          poolSize: [...size] as [number, number],
          strides: [...strides] as [number, number],
          padding: padding as 'same',
        };
        return p.layer === 'maxPooling2d'
          ? tf.layers.maxPooling2d(config)
          : tf.layers.averagePooling2d(config);
      },
      expected: (x) => {
        const pooled = /max/i.test(p.layer) ? maximumPooled(x, window) : averagePooled(x, window);
        return global ? { ...pooled, shape: [p.batch, p.channels] } : pooled;
      },
    });
  },
});
