import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { installTraining } from './install';

/** Zeros put around an image: `[[top, bottom], [left, right]]`, each 0 or more; sides may differ. */
export type Padding = readonly [readonly [number, number], readonly [number, number]];

/** How a kernel moves over an image; each pair is (vertical, horizontal). */
export interface ConvolutionOptions {
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilation: readonly [number, number];
}

/**
 * Convolves images with a kernel, differentiably on every backend, dilation included.
 *
 * y[n, i, j, o] = sum over u, v, c of x[n, i s + u d - top, j s + v d - left, c] * kernel[u, v, c, o]
 *
 * @param x       `[n, h, w, cin]`, float32
 * @param kernel  `[kh, kw, cin, cout]`
 * @returns       `[n, oh, ow, cout]` with oh = floor((h + top + bottom - (kh - 1) d - 1) / s) + 1; the caller disposes it
 * @throws OverparamError `invalid-convolution` where channels differ, padding is negative or the kernel does not fit
 */
export function convolution(x: tf.Tensor4D, kernel: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const { strides, padding, dilation } = options;
  if (x.shape[3] !== kernel.shape[2]) {
    throw new OverparamError(
      'invalid-convolution',
      `convolution: the kernel takes ${kernel.shape[2]} channels (shape ${kernel.shape}), the images have ${x.shape[3]} ` +
        `(shape ${x.shape}). Kernels are [kh, kw, cin, cout], images [n, h, w, c].`,
    );
  }
  const valid = padding.flat().every((side) => Number.isInteger(side) && side >= 0);
  const fits = [0, 1].every((axis) => {
    const reach = ((kernel.shape[axis] as number) - 1) * (dilation[axis] as number) + 1;
    const [before, after] = padding[axis] as readonly [number, number];
    return (x.shape[axis + 1] as number) + before + after >= reach;
  });
  if (!valid || !fits) {
    throw new OverparamError(
      'invalid-convolution',
      `convolution: a kernel of shape ${kernel.shape} with dilation ${dilation} does not fit into images of shape ` +
        `${x.shape} with padding ${JSON.stringify(padding)}. Expected whole padding of 0 or more that makes room for it.`,
    );
  }
  installTraining();
  // The kernel and not tf.conv2d, which refuses strides together with dilation.
  const attributes = {
    strides: [...strides],
    pad: [[0, 0], [...padding[0]], [...padding[1]], [0, 0]],
    dataFormat: 'NHWC',
    dilations: [...dilation],
  };
  return tf
    .engine()
    .runKernel('Conv2D', { x, filter: kernel }, attributes as unknown as tf.NamedAttrMap) as tf.Tensor4D;
}
