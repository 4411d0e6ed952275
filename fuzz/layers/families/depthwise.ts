import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { activated, activationOf, type FusedActivation, fusedActivations } from '../plain/activated';
import { convolved, depthwiseConvolved, largest } from '../plain/convolution';
import { tfjsPadding, type Window } from '../plain/window';
import { Draw } from '../values';
import { channelCounts, placed, seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  readonly image: [number, number];
  readonly cin: number;
  readonly multiplier: number;
  readonly window: Window;
}

const common = { seed, batch: whole(1, 3), cin: channelCounts, multiplier: whole(1, 3) };
const rounding = ({ padding }: Window) => (typeof padding === 'string' ? undefined : 'floor');

/** tfjs's `depthwiseConv2d`. */
export const depthwise = family({
  name: 'depthwiseConv2d',
  weight: 3,
  parameters: fc
    .record({ ...common, at: placed(5, false) })
    .map(({ at, ...rest }): Parameters => ({ ...rest, ...at })),
  build: (p: Parameters) => {
    const values = new Draw(p.seed);
    return {
      inputs: [
        values.input([p.batch, ...p.image, p.cin]),
        values.input([...p.window.size, p.cin, p.multiplier]),
      ],
      run: ([x, kernel]) => [
        tf.depthwiseConv2d(
          x as tf.Tensor4D,
          kernel as tf.Tensor4D,
          [...p.window.strides],
          tfjsPadding(p.window.padding) as 'same',
          'NHWC',
          [...p.window.dilation],
          rounding(p.window),
        ),
      ],
      expected: ([x, kernel]) => [depthwiseConvolved(x!, kernel!, p.window)],
    };
  },
});

/** What tfjs's layers run at inference: depthwise convolution, bias and activation in one. */
export const fusedDepthwise = family({
  name: 'fused depthwiseConv2d',
  weight: 1,
  parameters: fc
    .record({ ...common, at: placed(4, false), activation: fusedActivations, bias: fc.boolean() })
    .map(({ at, ...rest }) => ({ ...rest, ...at })),
  build: (p: Parameters & { readonly activation: FusedActivation; readonly bias: boolean }) => {
    const values = new Draw(p.seed);
    const cout = p.cin * p.multiplier;
    return {
      inputs: [
        values.input([p.batch, ...p.image, p.cin]),
        values.input([...p.window.size, p.cin, p.multiplier]),
        values.input([cout]),
        values.input([cout], 'positive'),
      ],
      run: ([x, filter, bias, slopes]) => [
        tf.fused.depthwiseConv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: [...p.window.strides],
          pad: tfjsPadding(p.window.padding) as 'same',
          dilations: [...p.window.dilation],
          dimRoundingMode: rounding(p.window),
          ...(p.bias ? { bias: bias! } : {}),
          ...activationOf(p.activation, slopes!),
        }),
      ],
      expected: ([x, kernel, bias, slopes]) => [
        activated(depthwiseConvolved(x!, kernel!, p.window), p.bias ? bias! : null, p.activation, slopes!),
      ],
    };
  },
});

/** tfjs's `separableConv2d`: depthwise, then by single pixels. */
export const separable = family({
  name: 'separableConv2d',
  weight: 1,
  parameters: fc
    .record({ ...common, cout: channelCounts, at: placed(4, false) })
    .map(({ at, ...rest }) => ({ ...rest, ...at }))
    .filter(({ window }) => typeof window.padding === 'string'),
  build: (p: Parameters & { readonly cout: number }) => {
    const values = new Draw(p.seed);
    const pointwise: Window = { size: [1, 1], strides: [1, 1], dilation: [1, 1], padding: 'valid' };
    return {
      inputs: [
        values.input([p.batch, ...p.image, p.cin]),
        values.input([...p.window.size, p.cin, p.multiplier]),
        values.input([1, 1, p.cin * p.multiplier, p.cout]),
      ],
      run: ([x, kernel, mixing]) => [
        tf.separableConv2d(
          x as tf.Tensor4D,
          kernel as tf.Tensor4D,
          mixing as tf.Tensor4D,
          [...p.window.strides],
          p.window.padding as 'same',
          [...p.window.dilation],
        ),
      ],
      expected: ([x, kernel, mixing]) => {
        const inner = depthwiseConvolved(x!, kernel!, p.window);
        const outer = convolved(inner, mixing!, pointwise);
        const scale = p.cin * p.multiplier * inner.scale! * largest(mixing!.values);
        return [{ ...outer, scale }];
      },
    };
  },
});
