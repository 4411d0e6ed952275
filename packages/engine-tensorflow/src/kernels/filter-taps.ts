import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tracing } from '../backend/tracing';
import { processorFlags } from '../binding/processor';

/** A convolution without stride whose output is as large as its image. */
export interface TapGeometry {
  /** `[kh, kw, cin, cout]`, sides odd. */
  readonly filter: readonly number[];
  /** Of rows and of columns. */
  readonly dilation: readonly [number, number];
}

/** Numbers of one image from which on this is worth its copies. */
const largeImage = 2 ** 19;
/** Slices of whole rows of so many numbers share the memory of what they are slices of. */
const alignment = 16;

/** Whether the processor is one for which oneDNN has no fast gradient by filter: x64 without AVX512. */
function hasNarrowVectors(): boolean {
  const known = processorFlags();
  return process.arch === 'x64' && known.size > 0 && !known.has('avx512f');
}

/**
 * Whether the gradient by filter is faster by taps than by TensorFlow's op: two to five times for large images on
 * processors without AVX512, never for small ones. On other processors that was not measured, and the op is used.
 *
 * @param x  shape of the images
 */
export function isFasterByTaps([, h, w, channels]: readonly number[]): boolean {
  return channels! % alignment === 0 && h! * w! * channels! >= largeImage && hasNarrowVectors();
}

/**
 * A convolution's gradient by its filter, as one product of matrices for each image and tap:
 *
 * dW[i, j] = X[i, j]^T dY, with a row for each pixel; X[i, j] is the image, shifted by that tap.
 *
 * A shift is a slice of the image's pixels in memory, which copies nothing. Where it runs over the end of a row, dY is
 * set to zero; where it runs over the end of the image, both end before.
 *
 * @param x   `[n, h, w, cin]`
 * @param dy  `[n, h, w, cout]`
 * @returns   `[kh, kw, cin, cout]`
 */
export function filterGradientByTaps(
  backend: TensorFlowBackend,
  { x, dy }: { readonly x: tf.Tensor; readonly dy: tf.Tensor },
  geometry: TapGeometry,
): tf.Tensor {
  const trace = backend.binding.recorder as Tracing | null;
  if (trace === null) return productsOf(x, dy, geometry);
  return inBackwardPass(backend, trace, { x, dy }, (later) => productsOf(later.x, later.dy, geometry));
}

/** Image and output gradient of a convolution. */
export interface ConvolutionEnds {
  readonly x: tf.Tensor;
  readonly dy: tf.Tensor;
}

/**
 * Work of many ops in the backward pass of a step, when its turn has come: one such gradient after the other, so that what
 * they read is kept no longer than by a single op. The image is needed again only now: where it can be made anew, it is.
 */
export function inBackwardPass(
  backend: TensorFlowBackend,
  trace: Tracing,
  { x, dy }: ConvolutionEnds,
  work: (later: ConvolutionEnds) => tf.Tensor,
): tf.Tensor {
  const numberOf = (tensor: tf.Tensor) => trace.idOf(backend.entry(tensor));
  const tensorOf = (id: number, like: tf.Tensor) =>
    backend.createOutputTensor({ id, shape: [...like.shape], dtype: backend.entry(like).dtype });
  const gradient = numberOf(dy);
  const image = trace.again(numberOf(x), [gradient]);
  let result: tf.Tensor | null = null;
  trace.inTurn([image, gradient], ([laterImage, laterGradient]) => {
    result = work({ x: tensorOf(laterImage!, x), dy: tensorOf(laterGradient!, dy) });
    return numberOf(result);
  });
  return result!;
}

function productsOf(x: tf.Tensor, dy: tf.Tensor, { filter, dilation }: TapGeometry): tf.Tensor {
  const [kh, kw] = filter as [number, number, number, number];
  const [count, h, w] = x.shape as [number, number, number, number];
  const offsets = (size: number, step: number) =>
    Array.from({ length: size }, (_, index) => (index - (size - 1) / 2) * step);
  const images = rowsOf(x);
  const gradients = rowsOf(dy);
  const taps: tf.Tensor[][] = Array.from({ length: kh * kw }, () => []);
  for (let image = 0; image < count; image++) {
    const pixels = between(images, image * h * w, (image + 1) * h * w);
    const gradient = between(gradients, image * h * w, (image + 1) * h * w);
    offsets(kw, dilation[1]).forEach((right, column) => {
      const inside = right === 0 ? gradient : withoutColumns(gradient, w, right);
      offsets(kh, dilation[0]).forEach((down, row) => {
        taps[row * kw + column]!.push(shiftedProduct(pixels, inside, down * w + right));
      });
    });
  }
  return tf.reshape(tf.stack(taps.map((ofImages) => tf.addN(ofImages))), [...filter]);
}

/** Pixels one under the other: a matrix with a column for each channel. */
export const rowsOf = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [x.size / x.shape[3]!, x.shape[3]!]);

const between = (matrix: tf.Tensor2D, start: number, end: number): tf.Tensor2D =>
  tf.slice(matrix, [start, 0], [end - start, matrix.shape[1]]);

/** The sum over pixels p of x[p + offset]^T dy[p], as far as both are there. */
function shiftedProduct(x: tf.Tensor2D, dy: tf.Tensor2D, offset: number): tf.Tensor {
  const [length, cin] = x.shape;
  if (Math.abs(offset) >= length) return tf.zeros([cin, dy.shape[1]]);
  const start = Math.max(0, -offset);
  const end = length - Math.max(0, offset);
  return tf.matMul(between(x, start + offset, end + offset), between(dy, start, end), true, false);
}

/** Zero where the pixel so many columns to the right is in another row of the image. */
function withoutColumns(dy: tf.Tensor2D, width: number, right: number): tf.Tensor2D {
  const inside = Array.from({ length: width }, (_, column) =>
    Number(column + right >= 0 && column + right < width),
  );
  const image = tf.reshape(dy, [dy.shape[0] / width, width, dy.shape[1]]);
  return tf.reshape(tf.mul(image, tf.tensor(inside, [1, width, 1])), dy.shape);
}
