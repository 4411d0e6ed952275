import * as tf from '@tensorflow/tfjs';
import { one, oneShape } from './layer-input';

/**
 * Kernels that a backend may register under these names, through tfjs's own registry, to replace the composites
 * here. Images `[n, h, w, c]` with even sides, one place in each window of 2x2 pixels: 0 top left, 1 top right,
 * 2 bottom left, 3 bottom right, as float32 `[n, h/2, w/2, c]`.
 *
 * - `MaxPlace2x2`: input x; outputs each window's largest value and its place, the first of equals.
 * - `PutPlace2x2`: inputs values, places; output the values at their places, zero elsewhere.
 * - `TakePlace2x2`: inputs x, places; output the values found there.
 */
export const placeKernels = {
  maximum: 'MaxPlace2x2',
  put: 'PutPlace2x2',
  take: 'TakePlace2x2',
} as const;

/** A registered kernel's outputs, or null where the present backend has none of that name. */
function registered(name: string, inputs: Record<string, tf.Tensor>): tf.Tensor[] | null {
  if (tf.getKernel(name, tf.getBackend()) === undefined) return null;
  const outputs = tf.engine().runKernel(name, inputs) as tf.Tensor | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The four corners of all windows, each `[n, h/2, w/2, c]`, in row-major order. */
function corners(x: tf.Tensor4D): tf.Tensor4D[] {
  const [n, h, w, c] = x.shape;
  // Two pixels beside each other become one of twice the channels, so that a corner is a plain slice.
  const pairs = tf.reshape(x, [(n * h) / 2, 2, w / 2, 2 * c]) as tf.Tensor4D;
  return [0, 1, 2, 3].map((place) => {
    const begin: [number, number, number, number] = [0, place >> 1, 0, (place & 1) * c];
    return tf.reshape(tf.slice(pairs, begin, [-1, 1, -1, c]), [n, h / 2, w / 2, c]) as tf.Tensor4D;
  });
}

/** The opposite of {@link corners}. */
function assemble(parts: readonly tf.Tensor4D[]): tf.Tensor4D {
  const [n, h, w, c] = parts[0]!.shape;
  const rows = [0, 2].map((first) =>
    tf.reshape(tf.concat([parts[first]!, parts[first + 1]!], 3), [n * h, 1, w * 2 * c]),
  );
  return tf.reshape(tf.concat(rows, 1), [n, 2 * h, 2 * w, c]) as tf.Tensor4D;
}

const atPlace = (places: tf.Tensor4D, place: number) => tf.cast(tf.equal(places, place), 'float32');

function maximum(x: tf.Tensor4D): { values: tf.Tensor4D; places: tf.Tensor4D } {
  const found = registered(placeKernels.maximum, { x });
  if (found) return { values: found[0] as tf.Tensor4D, places: found[1] as tf.Tensor4D };
  const [a, b, c, d] = corners(x) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const [top, bottom] = [tf.maximum(a, b), tf.maximum(c, d)];
  // Only a strictly larger value takes the place of an earlier one.
  const topPlace = tf.cast(tf.greater(b, a), 'float32');
  const bottomPlace = tf.add(tf.cast(tf.greater(d, c), 'float32'), 2);
  const places = tf.where(tf.greater(bottom, top), bottomPlace, topPlace) as tf.Tensor4D;
  return { values: tf.maximum(top, bottom) as tf.Tensor4D, places };
}

function put(values: tf.Tensor4D, places: tf.Tensor4D): tf.Tensor4D {
  const found = registered(placeKernels.put, { values, places });
  if (found) return found[0] as tf.Tensor4D;
  return assemble([0, 1, 2, 3].map((place) => tf.mul(values, atPlace(places, place)) as tf.Tensor4D));
}

function take(x: tf.Tensor4D, places: tf.Tensor4D): tf.Tensor4D {
  const found = registered(placeKernels.take, { x, places });
  if (found) return found[0] as tf.Tensor4D;
  return tf.addN(corners(x).map((corner, place) => tf.mul(corner, atPlace(places, place)))) as tf.Tensor4D;
}

/** Half of an even side, or null for one that is left open. */
function half(side: number | null): number | null {
  if (side === null || side % 2 === 0) return side && side / 2;
  throw new Error(
    `Max-pooling with places takes windows of 2x2 pixels, and a side of ${side} is odd. Pad or crop to even sides.`,
  );
}

/**
 * Max-pooling of 2x2 pixels that also tells where each maximum was; the first in row-major order among equals, as
 * in PyTorch. Differentiable in x: the gradient goes to the maximum alone.
 *
 * @param x  `[n, h, w, c]` with even h and w, float32
 * @returns  `values` and `places` (0 to 3, float32, without gradient), both `[n, h/2, w/2, c]`; the caller disposes
 */
export function maxPoolWithPlaces(x: tf.Tensor4D): { values: tf.Tensor4D; places: tf.Tensor4D } {
  half(x.shape[1]);
  half(x.shape[2]);
  let places: tf.Tensor4D | null = null;
  const pool = tf.customGrad((...inputs) => {
    const [image, save] = inputs as unknown as [tf.Tensor4D, tf.GradSaveFunc];
    const found = maximum(image);
    save([found.places]);
    places = tf.keep(tf.clone(found.places));
    return {
      value: found.values,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => put(dy as tf.Tensor4D, saved[0] as tf.Tensor4D),
    };
  });
  const values = pool(x) as tf.Tensor4D;
  // Out of the operation's own scope, the places belong to whoever called.
  const handed = tf.clone(places! as tf.Tensor4D);
  tf.dispose(places!);
  return { values, places: handed };
}

/**
 * Puts values where maxima were and zeros elsewhere (max-unpooling). Differentiable in the values.
 *
 * Source: Badrinarayanan et al., SegNet, https://arxiv.org/abs/1511.00561
 *
 * @param values  `[n, h, w, c]`
 * @param places  of the same shape, from {@link maxPoolWithPlaces}
 * @returns       `[n, 2h, 2w, c]`; the caller disposes
 */
export function maxUnpool(values: tf.Tensor4D, places: tf.Tensor4D): tf.Tensor4D {
  const unpool = tf.customGrad((...inputs) => {
    const [given, save] = inputs as unknown as [tf.Tensor4D, tf.GradSaveFunc];
    save([places]);
    return {
      value: put(given, places),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => take(dy as tf.Tensor4D, saved[0] as tf.Tensor4D),
    };
  });
  return unpool(values) as tf.Tensor4D;
}

/** Who may settle where the maxima are, in place of the layer: see {@link MaxPoolWithPlaces}. */
interface Decisions {
  decide(layer: string, choose: () => tf.Tensor): tf.Tensor;
}

/**
 * {@link maxPoolWithPlaces} as a layer: `[n, h, w, c]` to values and places, both `[n, h/2, w/2, c]`.
 *
 * Where its call's keyword arguments have `decisions`, it asks that for the places, so that one network can be compared
 * with another at the same places; such a pass has no gradient.
 */
export class MaxPoolWithPlaces extends tf.layers.Layer {
  static readonly className = 'OverparamMaxPoolWithPlaces';

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
    const [n, h, w, c] = oneShape(inputShape) as [number | null, number | null, number | null, number];
    const windows = [n, half(h), half(w), c];
    return [windows, [...windows]];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor[] {
    const x = one(inputs) as tf.Tensor4D;
    const decisions = kwargs?.decisions as Decisions | null | undefined;
    if (decisions) {
      const places = decisions.decide(this.name, () => maxPoolWithPlaces(x).places) as tf.Tensor4D;
      return [take(x, places), tf.clone(places)];
    }
    const { values, places } = maxPoolWithPlaces(x);
    return [values, places];
  }
}

/** {@link maxUnpool} as a layer: values and places, both `[n, h, w, c]`, to `[n, 2h, 2w, c]`. */
export class MaxUnpool extends tf.layers.Layer {
  static readonly className = 'OverparamMaxUnpool';

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [n, h, w, c] = oneShape(inputShape) as [number | null, number | null, number | null, number];
    const twice = (side: number | null) => (side === null ? null : 2 * side);
    return [n, twice(h), twice(w), c];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    const [values, places] = inputs as [tf.Tensor4D, tf.Tensor4D];
    return maxUnpool(values, places);
  }
}
