import * as tf from '@tensorflow/tfjs';
import type { TensorFlowBackend } from '../backend/backend';
import type { Tracing } from '../backend/tracing';
import { attribute } from '../binding/make-attribute';
import type { Kernel } from './kernel';

/**
 * Max-pooling of 2x2 pixels with the place of each maximum: 0 top left, 1 top right, 2 bottom left, 3 bottom right, as
 * float32. `@overparam/backbones` calls these by name, for pooling and unpooling as SegNet has them.
 *
 * TensorFlow's own MaxPoolWithArgmax takes three times as long on processors as the forward pass here, and its MaxPool,
 * which is fast, loses what is not a number: a step that diverges would go unnoticed.
 */

const T = attribute.type('T', 'float32');

/** The four corners of all windows of `[n, h, w, c]`, each `[n, h/2, w/2, c]`, in row-major order. */
function corners(x: tf.Tensor): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor] {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  // Two pixels beside each other become one of twice the channels: a slice of long runs, where a strided one takes ten
  // times as long.
  const pairs = tf.reshape(x, [(n * h) / 2, 2, w / 2, 2 * c]);
  const corner = (row: number, column: number) =>
    tf.reshape(tf.slice(pairs, [0, row, 0, column * c], [-1, 1, -1, c]), [n, h / 2, w / 2, c]);
  return [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
}

/** Input x `[n, h, w, c]` with even sides; outputs the largest values and their places, the first of equals. */
const maximum: Kernel = (_backend, { x }) => {
  const [a, b, c, d] = corners(x!);
  const [top, bottom] = [tf.maximum(a, b), tf.maximum(c, d)];
  const topPlace = tf.cast(tf.greater(b, a), 'float32');
  const bottomPlace = tf.add(tf.cast(tf.greater(d, c), 'float32'), 2);
  return [tf.maximum(top, bottom), tf.where(tf.greater(bottom, top), bottomPlace, topPlace)];
};

/** Values at their places in `[n, h, w, c]`, zero elsewhere. */
function spread(backend: TensorFlowBackend, values: tf.Tensor, places: tf.Tensor): tf.Tensor {
  const [n, h, w, c] = values.shape as [number, number, number, number];
  // The image is written once, by spreading each window over its pixels: no parts to be put together afterwards.
  const windows = (tensor: tf.Tensor) => tf.reshape(tensor, [n * h, 1, w, 1, c]);
  const here = tf.equal(windows(places), tf.tensor([0, 1, 2, 3], [1, 2, 1, 2, 1]));
  const image = backend.executeSingleOutput('SelectV2', [T], [here, windows(values), tf.scalar(0)]);
  return tf.reshape(image, [n, 2 * h, 2 * w, c]);
}

/** Inputs values, places; output the values at their places in `[n, h, w, c]`, zero elsewhere. */
const put: Kernel = (backend, { values, places }) => {
  const image = spread(backend, values!, places!);
  const trace = backend.binding.recorder as Tracing | null;
  if (trace === null) return image;
  const numberOf = (tensor: tf.Tensor) => trace.idOf(backend.entry(tensor));
  // By number: the tensors themselves may be gone when the image is made again.
  const [from, at] = [values!, places!].map((tensor) => ({
    id: numberOf(tensor),
    shape: [...tensor.shape],
    dtype: backend.entry(tensor).dtype,
  }));
  trace.remake(numberOf(image), (others) => {
    const late = backend.createOutputTensor(trace.after(from!.id, others));
    return numberOf(spread(backend, late, backend.createOutputTensor(at!)));
  });
  return image;
};

/** Inputs x, places; output the values there. */
const take: Kernel = (backend, { x, places }) => {
  const [a, b, c, d] = corners(x!);
  const at = (place: number, then: tf.Tensor, otherwise: tf.Tensor) =>
    backend.executeSingleOutput('Select', [T], [tf.equal(places!, place), then, otherwise]);
  return at(0, a, at(1, b, at(2, c, d)));
};

export const placeKernels: Readonly<Record<string, Kernel>> = {
  MaxPlace2x2: maximum,
  PutPlace2x2: put,
  TakePlace2x2: take,
};
