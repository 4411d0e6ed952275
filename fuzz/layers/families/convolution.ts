import { convolution } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { activated, activationOf, type FusedActivation, fusedActivations } from '../plain/activated';
import { convolved } from '../plain/convolution';
import { axisOf, tfjsPadding, type Window } from '../plain/window';
import { Draw } from '../values';
import { stockLayer } from './stock-layer';
import { channelCounts, placed, seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  /** Images; for `channels first` of `[n, c, h, w]`. */
  readonly batch: number;
  readonly image: [number, number];
  readonly cin: number;
  readonly cout: number;
  readonly window: Window;
}

const common = {
  seed,
  batch: whole(1, 3),
  cin: channelCounts,
  cout: channelCounts,
};

const draw = ({ seed: from, batch, image, cin, cout, window }: Parameters) => {
  const values = new Draw(from);
  return [values.input([batch, ...image, cin]), values.input([...window.size, cin, cout])];
};

/** As `[[top, bottom], [left, right]]`. */
function explicitPadding(image: readonly [number, number], window: Window) {
  const [rows, columns] = [axisOf(image[0], window, 0), axisOf(image[1], window, 1)];
  // What `valid` and `same` leave over at an end is no padding.
  return [
    [rows.before, rows.after],
    [columns.before, columns.after],
  ] as const;
}

/** `convolution` of the engine: strides and dilation together, any padding. */
export const ownConvolution = family({
  name: 'convolution',
  weight: 4,
  parameters: fc
    .record({ ...common, at: placed(7, true) })
    .map(({ at, ...rest }): Parameters => ({ ...rest, ...at })),
  build: (p: Parameters) => ({
    inputs: draw(p),
    run: ([x, kernel]) => [
      convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, {
        strides: p.window.strides,
        dilation: p.window.dilation,
        padding: explicitPadding(p.image, p.window),
      }),
    ],
    expected: ([x, kernel]) => [convolved(x!, kernel!, p.window)],
  }),
});

/** tfjs's `conv2d`. */
export const convolution2d = family({
  name: 'conv2d',
  weight: 4,
  parameters: fc
    .record({ ...common, at: placed(7, false) })
    .map(({ at, ...rest }): Parameters => ({ ...rest, ...at })),
  build: (p: Parameters) => ({
    inputs: draw(p),
    run: ([x, kernel]) => [
      tf.conv2d(
        x as tf.Tensor4D,
        kernel as tf.Tensor4D,
        [...p.window.strides],
        tfjsPadding(p.window.padding) as 'same',
        'NHWC',
        [...p.window.dilation],
        typeof p.window.padding === 'string' ? undefined : 'floor',
      ),
    ],
    expected: ([x, kernel]) => [convolved(x!, kernel!, p.window)],
  }),
});

/** What layers of tfjs run at inference: convolution, bias and activation in one. */
export const fusedConvolution = family({
  name: 'fused conv2d',
  weight: 3,
  parameters: fc
    .record({ ...common, at: placed(5, false), activation: fusedActivations, bias: fc.boolean() })
    .map(({ at, ...rest }) => ({ ...rest, ...at })),
  build: (p: Parameters & { readonly activation: FusedActivation; readonly bias: boolean }) => {
    const values = new Draw(p.seed + 1);
    const [x, kernel] = draw(p);
    return {
      inputs: [x!, kernel!, values.input([p.cout]), values.input([p.cout], 'positive')],
      run: ([image, filter, bias, slopes]) => [
        tf.fused.conv2d({
          x: image as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: [...p.window.strides],
          pad: tfjsPadding(p.window.padding) as 'same',
          dilations: [...p.window.dilation],
          ...(typeof p.window.padding === 'string' ? {} : { dimRoundingMode: 'floor' }),
          ...(p.bias ? { bias: bias! } : {}),
          ...activationOf(p.activation, slopes!),
        }),
      ],
      expected: ([image, filter, bias, slopes]) => [
        activated(convolved(image!, filter!, p.window), p.bias ? bias! : null, p.activation, slopes!),
      ],
    };
  },
});

/** A layer of tfjs in a model of its own. */
export const convolutionLayer = family({
  name: 'layers.conv2d',
  weight: 1,
  parameters: fc
    .record({
      ...common,
      at: placed(5, false),
      activation: fc.constantFrom('linear', 'relu'),
      bias: fc.boolean(),
    })
    .map(({ at, ...rest }) => ({
      ...rest,
      image: at.image,
      window: {
        ...at.window,
        padding: at.window.padding === 'valid' ? ('valid' as const) : ('same' as const),
      },
    }))
    .filter(
      ({ image, window }) => axisOf(image[0], window, 0).out > 0 && axisOf(image[1], window, 1).out > 0,
    ),
  build: (p: Parameters & { readonly activation: 'linear' | 'relu'; readonly bias: boolean }) => {
    const [x, kernel] = draw(p);
    const bias = new Draw(p.seed + 1).input([p.cout]);
    return stockLayer({
      x: x!,
      weights: p.bias ? [kernel!, bias] : [kernel!],
      make: () =>
        tf.layers.conv2d({
          filters: p.cout,
          kernelSize: [...p.window.size],
          strides: [...p.window.strides],
          dilationRate: [...p.window.dilation],
          padding: p.window.padding as 'same',
          activation: p.activation,
          useBias: p.bias,
          kernelInitializer: 'zeros',
        }),
      expected: (image, [filter, shift]) =>
        activated(convolved(image, filter!, p.window), shift ?? null, p.activation, image),
    });
  },
});
