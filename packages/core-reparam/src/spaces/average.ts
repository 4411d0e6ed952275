import type { Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { identityKernel } from '../algebra/kernels';

/** The kernel of a mean over a window, `[h, w, channels / groups, channels]`; called inside a tidy. */
export function averageKernel([h, w]: readonly [number, number], channels: number, groups: number): Tensor4D {
  return tf.tile(identityKernel(channels, groups).div(h * w), [h, w, 1, 1]) as Tensor4D;
}

/**
 * The mean over windows of an image that has its borders already; called inside a tidy.
 *
 * @param x     `[n, h, w, channels]`
 * @param size  `[h, w]` of the window; one of a single pixel takes every `strides`-th pixel
 */
export function averageOver(
  x: Tensor4D,
  size: readonly [number, number],
  {
    strides,
    dilation,
  }: { readonly strides: readonly [number, number]; readonly dilation: readonly [number, number] },
): Tensor4D {
  const [h, w] = size;
  const single = h === 1 && w === 1;
  if (single && strides[0] === 1 && strides[1] === 1) return x;
  if (single || (dilation[0] === 1 && dilation[1] === 1))
    return tf.avgPool(x, [h, w], [...strides] as [number, number], 'valid');
  // tfjs has no dilated pooling. The taps of a window, one shift of the image each, and then every strides-th of them.
  const rows = x.shape[1] - dilation[0] * (h - 1);
  const columns = x.shape[2] - dilation[1] * (w - 1);
  const taps = Array.from({ length: h * w }, (_, tap) => {
    const [row, column] = [Math.floor(tap / w), tap % w];
    const begin: [number, number, number, number] = [0, row * dilation[0], column * dilation[1], 0];
    return tf.slice(x, begin, [-1, rows, columns, -1]);
  });
  const mean = tf.addN(taps).div(h * w) as Tensor4D;
  return averageOver(mean, [1, 1], { strides, dilation: [1, 1] });
}
