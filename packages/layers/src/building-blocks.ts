import * as tf from '@tensorflow/tfjs';

/** Size, stride and width of a square convolution. */
export interface ConvolutionSize {
  readonly filters: number;
  /** Side of the kernel in pixels, odd. */
  readonly size: number;
  /** Default 1. */
  readonly stride?: number;
  /** Pixels from one tap to the next, at stride 1 only; default 1. */
  readonly dilation?: number;
  /** Default false. */
  readonly bias?: boolean;
}

/**
 * A convolution, padded by `size >> 1` zeros (times the dilation) on every side at every stride.
 *
 * At stride 1 that is what `same` means. At stride 2 `same` pads one side only where the image's size is
 * even, which moves a 3x3 kernel off the pixels that a 1x1 kernel sees; so the zeros are a layer of their own,
 * named `<name>_pad`.
 */
export function convolution(x: tf.SymbolicTensor, name: string, options: ConvolutionSize): tf.SymbolicTensor {
  const { filters, size, stride = 1, dilation = 1, bias = false } = options;
  const layer = tf.layers.conv2d({
    name,
    filters,
    kernelSize: size,
    strides: stride,
    padding: stride === 1 ? 'same' : 'valid',
    dilationRate: dilation,
    useBias: bias,
    // The weights are set from the network's key afterwards; zeros cost nothing and need no chance.
    kernelInitializer: 'zeros',
  });
  return apply(layer, paddedFor(x, name, size, stride));
}

/** The image with the zeros that a kernel needs around it where its stride is above 1. */
function paddedFor(x: tf.SymbolicTensor, name: string, size: number, stride: number): tf.SymbolicTensor {
  const margin = size >> 1;
  if (stride === 1 || margin === 0) return x;
  const around: [number, number] = [margin, margin];
  return apply(tf.layers.zeroPadding2d({ name: `${name}_pad`, padding: [around, around] }), x);
}

/** A depthwise convolution, each channel with a kernel of its own and without bias; padded as {@link convolution} is. */
export function depthwiseConvolution(
  x: tf.SymbolicTensor,
  name: string,
  options: Pick<ConvolutionSize, 'size' | 'stride'>,
): tf.SymbolicTensor {
  const { size, stride = 1 } = options;
  const layer = tf.layers.depthwiseConv2d({
    name,
    kernelSize: size,
    strides: stride,
    padding: stride === 1 ? 'same' : 'valid',
    useBias: false,
    depthwiseInitializer: 'zeros',
  });
  return apply(layer, paddedFor(x, name, size, stride));
}

/** Batch normalisation as PyTorch's defaults have it: epsilon 1e-5, 0.9 of the running statistics kept. */
export function norm(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.batchNormalization({ name, epsilon: 1e-5, momentum: 0.9 }), x);
}

/**
 * Convolution, batch norm and ReLU, named `<name>_conv`, `<name>_norm` and `<name>_relu`, with a number behind
 * where a name has several.
 */
export function unit(
  x: tf.SymbolicTensor,
  name: string,
  options: ConvolutionSize,
  index: number | '' = '',
): tf.SymbolicTensor {
  const y = norm(convolution(x, `${name}_conv${index}`, options), `${name}_norm${index}`);
  return relu(y, `${name}_relu${index}`);
}

/** The larger of x and 0, but no more than 6. */
export function relu6(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.activation({ name, activation: 'relu6' }), x);
}

/** The larger of x and 0. */
export function relu(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.activation({ name, activation: 'relu' }), x);
}

/** Sum of two branches of one shape. */
export function add(a: tf.SymbolicTensor, b: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return tf.layers.add({ name }).apply([a, b]) as tf.SymbolicTensor;
}

/**
 * The shortcut without weights (option A of He et al., section 4.2): every `stride`-th pixel, and zeros for the
 * channels that are missing, half of them on either side.
 *
 * In stock layers: average pooling over 1x1 pixels takes the pixels, and zero padding that is told that
 * channels come first pads the last two axes, the last of which holds the channels here.
 *
 * @param options  `filters`: channels wanted, at least those of x; `stride`: from one pixel that is taken to the next
 */
export function paddedShortcut(
  x: tf.SymbolicTensor,
  name: string,
  options: { readonly filters: number; readonly stride: number },
): tf.SymbolicTensor {
  const pooling = tf.layers.averagePooling2d({
    name: `${name}_pool`,
    poolSize: 1,
    strides: options.stride,
    padding: 'valid',
  });
  const taken = options.stride === 1 ? x : apply(pooling, x);
  const missing = options.filters - channelsOf(x);
  if (missing === 0) return taken;
  const before = missing >> 1;
  const zeros = tf.layers.zeroPadding2d({
    name: `${name}_zeros`,
    dataFormat: 'channelsFirst',
    padding: [
      [0, 0],
      [before, missing - before],
    ],
  });
  return apply(zeros, taken);
}

/** Channels of an image `[n, h, w, channels]`. */
export function channelsOf(x: tf.SymbolicTensor): number {
  return x.shape[3]!;
}

/** Adds a layer of one input and one output. */
export function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}
