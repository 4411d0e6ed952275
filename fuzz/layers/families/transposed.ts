import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { family } from '../case';
import { transposed } from '../plain/convolution';
import { axisOf, type Window } from '../plain/window';
import { Draw } from '../values';
import { channelCounts, placed, seed, whole } from './windows';

interface Parameters {
  readonly seed: number;
  readonly batch: number;
  /** Of the output. */
  readonly image: [number, number];
  readonly cin: number;
  readonly cout: number;
  readonly window: Window;
}

/** tfjs's `conv2dTranspose`, to any image whose convolution has the given one's size. */
export const transposedConvolution = family({
  name: 'conv2dTranspose',
  weight: 2,
  parameters: fc
    .record({ seed, batch: whole(1, 3), cin: channelCounts, cout: channelCounts, at: placed(5, false) })
    .map(
      ({ at, ...rest }): Parameters => ({
        ...rest,
        image: at.image,
        window: { ...at.window, dilation: [1, 1] },
      }),
    )
    .filter(
      ({ image, window }) => axisOf(image[0], window, 0).out > 0 && axisOf(image[1], window, 1).out > 0,
    ),
  build: (p: Parameters) => {
    const values = new Draw(p.seed);
    const [oh, ow] = [axisOf(p.image[0], p.window, 0).out, axisOf(p.image[1], p.window, 1).out];
    const { padding } = p.window;
    return {
      inputs: [values.input([p.batch, oh, ow, p.cin]), values.input([...p.window.size, p.cout, p.cin])],
      run: ([x, kernel]) => [
        tf.conv2dTranspose(
          x as tf.Tensor4D,
          kernel as tf.Tensor4D,
          [p.batch, ...p.image, p.cout],
          [...p.window.strides],
          (typeof padding === 'string'
            ? padding
            : [[0, 0], [...padding[0]], [...padding[1]], [0, 0]]) as 'same',
          typeof padding === 'string' ? undefined : 'floor',
        ),
      ],
      expected: ([x, kernel]) => [transposed(x!, kernel!, p.window, p.image)],
    };
  },
});
