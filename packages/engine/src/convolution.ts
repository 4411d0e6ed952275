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
  /** Groups of channels that keep to themselves: as many as channels in a depthwise convolution; 1 where left out. */
  readonly groups?: number;
}

/**
 * Convolves images with a kernel, differentiably on every backend, dilation included.
 *
 * y[n, i, j, o] = sum over u, v, c of x[n, i s + u d - top, j s + v d - left, c] * kernel[u, v, c, o]
 *
 * @param x       `[n, h, w, cin]`, float32
 * In groups, the channels of each go into its own share of the channels out.
 *
 * @param kernel  `[kh, kw, cin, cout]`; with groups `[kh, kw, cin / groups, cout]`
 * @returns       `[n, oh, ow, cout]` with oh = floor((h + top + bottom - (kh - 1) d - 1) / s) + 1; the caller disposes it
 * @throws OverparamError `invalid-convolution` where channels differ, padding is negative or the kernel does not fit
 */
export function convolution(x: tf.Tensor4D, kernel: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const { strides, padding, dilation, groups = 1 } = options;
  const shared = Number.isInteger(groups) && groups >= 1 && kernel.shape[3] % groups === 0;
  if (!shared) {
    throw new OverparamError(
      'invalid-convolution',
      `convolution: ${groups} groups do not share ${kernel.shape[3]} channels out evenly (kernel of shape ${kernel.shape}).`,
    );
  }
  if (x.shape[3] !== kernel.shape[2] * groups) {
    throw new OverparamError(
      'invalid-convolution',
      `convolution: the kernel takes ${kernel.shape[2] * groups} channels (shape ${kernel.shape}), the images have ${x.shape[3]} ` +
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
  if (groups > 1) return inGroups(x, kernel, options, groups);
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

/**
 * A convolution in groups, by one kernel for each channel that comes in and the sum of those of a group. It takes passes
 * for each channel of a group, so that it is for small groups; one of a channel is a depthwise convolution itself.
 */
function inGroups(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { strides, padding, dilation }: ConvolutionOptions,
  groups: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [kh, kw, each, cout] = kernel.shape;
    const share = cout / groups;
    const filter =
      each === 1
        ? kernel.reshape([kh, kw, groups, share])
        : kernel
            .reshape([kh * kw, each, groups, share])
            .transpose([0, 2, 1, 3])
            .reshape([kh, kw, groups * each, share]);
    // Not every backend pads depthwise convolutions by numbers.
    const isPadded = padding.flat().some((side) => side > 0);
    const framed = isPadded ? tf.pad(x, [[0, 0], [...padding[0]], [...padding[1]], [0, 0]]) : x;
    const attributes = { strides: [...strides], pad: 'valid', dataFormat: 'NHWC', dilations: [...dilation] };
    const y = tf
      .engine()
      .runKernel(
        'DepthwiseConv2dNative',
        { x: framed, filter },
        attributes as unknown as tf.NamedAttrMap,
      ) as tf.Tensor4D;
    if (each === 1) return y;
    const [n, h, w] = y.shape;
    return y
      .reshape([n * h * w, groups, each, share])
      .sum(2)
      .reshape([n, h, w, cout]) as tf.Tensor4D;
  });
}
