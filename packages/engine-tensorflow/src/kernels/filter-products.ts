import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tracing } from '../backend/tracing';
import { inBackwardPass, rowsOf } from './filter-taps';
import type { Geometry } from './geometry';
import { padTo } from './padding';

/**
 * A convolution's gradient by its filter, as one product of matrices for each tap:
 *
 * dW[i, j] = X[i, j]^T dY, with a row for each pixel of the output; X[i, j] are the pixels that tap [i, j] looks at.
 *
 * Faster than TensorFlow's op in half precision where images are small and have many channels.
 *
 * @param x         `[n, h, w, cin]`
 * @param dy        `[n, oh, ow, cout]`
 * @param shape     of the filter, `[kh, kw, cin, cout]`
 * @param geometry  in its form with all padding made beforehand
 * @returns         `[kh, kw, cin, cout]`
 */
export function filterGradientByProducts(
  backend: TensorFlowBackend,
  { x, dy }: { readonly x: tf.Tensor; readonly dy: tf.Tensor },
  shape: readonly number[],
  geometry: Geometry,
): tf.Tensor {
  const trace = backend.binding.recorder as Tracing | null;
  if (trace === null) return productsOf(x, dy, shape, geometry);
  return inBackwardPass(backend, trace, { x, dy }, (later) => productsOf(later.x, later.dy, shape, geometry));
}

function productsOf(x: tf.Tensor, dy: tf.Tensor, shape: readonly number[], geometry: Geometry): tf.Tensor {
  const [kh, kw, cin] = shape as [number, number, number, number];
  const [n, oh, ow] = dy.shape as [number, number, number, number];
  const [, down, right] = geometry.strides as [number, number, number, number];
  const [, reachDown, reachRight] = geometry.dilations as [number, number, number, number];
  // An axis for the steps and one for what lies within a step, so that the pixels of a tap are one slice: TensorFlow's
  // slice with steps takes several times as long.
  const rows = oh + Math.floor(((kh - 1) * reachDown) / down);
  const columns = ow + Math.floor(((kw - 1) * reachRight) / right);
  const image = padTo(x, geometry.plan.around, [rows * down, columns * right]);
  const steps = tf.reshape(image, [n, rows, down, columns, right * cin]) as tf.Tensor5D;
  const gradients = rowsOf(dy);
  const products = Array.from({ length: kh * kw }, (_, tap) => {
    const [row, column] = [Math.floor(tap / kw) * reachDown, (tap % kw) * reachRight];
    const begin = [
      0,
      Math.floor(row / down),
      row % down,
      Math.floor(column / right),
      (column % right) * cin,
    ] as const;
    const pixels = tf.slice(steps, [...begin], [n, oh, 1, ow, cin]);
    return tf.matMul(tf.reshape(pixels, [n * oh * ow, cin]) as tf.Tensor2D, gradients, true, false);
  });
  return tf.reshape(tf.stack(products), [...shape]);
}
