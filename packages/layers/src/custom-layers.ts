/**
 * The layers that stock TensorFlow.js lacks and networks for dense prediction need. Load this module beside
 * plain TensorFlow.js before a `model.json` that holds them; it depends on nothing else.
 *
 * @packageDocumentation
 */
import * as tf from '@tensorflow/tfjs';

type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

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

/** Vectors no longer than this have no direction. */
const shortest = 1e-12;

/** 1 / length along the last axis, 0 where there is none. */
function inverseLength(vectors: tf.Tensor): tf.Tensor {
  const squares = tf.sum(tf.square(vectors), -1, true);
  const some = tf.greater(squares, shortest ** 2);
  const length = tf.sqrt(tf.where(some, squares, tf.onesLike(squares)));
  return tf.div(tf.cast(some, 'float32'), length);
}

/**
 * Scales vectors along the last axis to length 1. A vector of length 1e-12 or less, which has no direction to speak
 * of, becomes zero and passes no gradient on, so that no division by zero reaches the weights.
 *
 * @param x  `[..., c]`, float32
 * @returns  of the same shape; the caller disposes
 */
export function unitLength<T extends tf.Tensor>(x: T): T {
  const scale = tf.customGrad((...inputs) => {
    const [vectors, save] = inputs as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([vectors]);
    return {
      value: tf.mul(vectors, inverseLength(vectors)),
      // What a vector's length would take is not passed on: dx = (dy - y (y . dy)) / length. Of the vectors themselves, so
      // that it can be differentiated again.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const factor = inverseLength(saved[0]!);
        const unit = tf.mul(saved[0]!, factor);
        return tf.mul(tf.sub(dy, tf.mul(unit, tf.sum(tf.mul(unit, dy), -1, true))), factor);
      },
    };
  });
  return scale(x) as T;
}

/** `[to, from]`: what each of `to` pixels takes of `from` when the outermost ones lie on each other. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const first = Math.min(Math.floor(at), from - 1);
    matrix[i * from + first]! += 1 - (at - first);
    if (first + 1 < from) matrix[i * from + first + 1]! += at - first;
  }
  return tf.tensor2d(matrix, [to, from]);
}

/**
 * Resizes images bilinearly so that the corner pixels of both lie on each other (`align_corners`). Differentiable
 * on every backend; tfjs's own gradient exchanges height and width on some.
 *
 * @param x     `[n, h, w, c]`, float32
 * @param size  height and width of the output
 * @returns     `[n, height, width, c]`; the caller disposes
 */
export function resizeAligned(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const [height, width] = size;
  const resize = tf.customGrad((...inputs) => {
    const image = inputs[0] as tf.Tensor4D;
    return {
      value: tf.image.resizeBilinear(image, [height, width], true) as tf.Tensor,
      gradFunc: (dy: tf.Tensor) => {
        const columns = tf.expandDims(interpolation(w, width), 0);
        const rows = tf.expandDims(interpolation(h, height), 0);
        const narrow = tf.matMul(columns, tf.reshape(dy, [n * height, width, c]), true);
        return tf.reshape(tf.matMul(rows, tf.reshape(narrow, [n, height, w * c]), true), [n, h, w, c]);
      },
    };
  });
  return resize(x) as tf.Tensor4D;
}

const one = (inputs: tf.Tensor | tf.Tensor[]) => (Array.isArray(inputs) ? inputs[0]! : inputs);
const oneShape = (shape: tf.Shape | tf.Shape[]) => (Array.isArray(shape[0]) ? shape[0] : shape) as tf.Shape;

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

/** {@link resizeAligned} as a layer: `[n, h, w, c]` to `[n, height, width, c]`. */
export class ResizeAligned extends tf.layers.Layer {
  static readonly className = 'OverparamResizeAligned';
  private readonly height: number;
  private readonly width: number;

  /** @param config  `height` and `width` of the output in pixels */
  constructor(config: LayerArguments & { readonly height: number; readonly width: number }) {
    super(config);
    this.height = config.height;
    this.width = config.width;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [n, , , c] = oneShape(inputShape);
    return [n!, this.height, this.width, c!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return resizeAligned(one(inputs) as tf.Tensor4D, [this.height, this.width]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), height: this.height, width: this.width };
  }
}

/** The weights that bilinear interpolation gives each of `from` pixels for each of `to`, areas on areas: `[to, from]`. */
function halfPixelInterpolation(from: number, to: number): tf.Tensor2D {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(at);
    matrix[i * from + first]! += 1 - (at - first);
    if (first + 1 < from) matrix[i * from + first + 1]! += at - first;
  }
  return tf.tensor2d(matrix, [to, from]);
}

/**
 * Resizes images bilinearly so that the areas of both lie on each other, as PyTorch's `align_corners=False` and Keras do it
 * (`half pixel centres`). Differentiable on every backend; TensorFlow.js has no gradient of its own for it.
 *
 * @param x     `[n, h, w, c]`, float32
 * @param size  height and width of the output
 * @returns     `[n, height, width, c]`; the caller disposes
 */
export function resizeHalfPixel(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const [height, width] = size;
  return tf.tidy(() => {
    const rows = tf.expandDims(halfPixelInterpolation(h, height), 0);
    const columns = tf.expandDims(halfPixelInterpolation(w, width), 0);
    const tall = tf.reshape(tf.matMul(rows.tile([n, 1, 1]), tf.reshape(x, [n, h, w * c])), [
      n * height,
      w,
      c,
    ]);
    const wide = tf.matMul(columns.tile([n * height, 1, 1]), tall);
    return tf.reshape(wide, [n, height, width, c]);
  });
}

/**
 * {@link resizeHalfPixel} as a layer: `[n, h, w, c]` to `[n, height, width, c]`, or to as many times h and w as `factor`
 * says.
 */
export class ResizeHalfPixel extends tf.layers.Layer {
  static readonly className = 'OverparamResizeHalfPixel';
  private readonly height: number | null;
  private readonly width: number | null;
  private readonly factor: readonly [number, number] | null;

  /** @param config  `height` and `width` of the output in pixels, or `factor`, how often they hold the input's */
  constructor(
    config: LayerArguments & {
      readonly height?: number | null;
      readonly width?: number | null;
      readonly factor?: readonly [number, number] | null;
    },
  ) {
    super(config);
    this.height = config.height ?? null;
    this.width = config.width ?? null;
    this.factor = config.factor ?? null;
  }

  private sizeFor(h: number | null, w: number | null): [number | null, number | null] {
    const times = (side: number | null, axis: 0 | 1) =>
      side === null || this.factor === null ? null : side * this.factor[axis];
    return [this.height ?? times(h, 0), this.width ?? times(w, 1)];
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [n, h, w, c] = oneShape(inputShape) as [number | null, number | null, number | null, number];
    return [n, ...this.sizeFor(h, w), c];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    const x = one(inputs) as tf.Tensor4D;
    return resizeHalfPixel(x, this.sizeFor(x.shape[1], x.shape[2]) as [number, number]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const factor = this.factor === null ? null : [...this.factor];
    return { ...super.getConfig(), height: this.height, width: this.width, factor };
  }
}

/**
 * {@link unitLength} as a layer.
 *
 * Where its call's keyword arguments have `decisions`, two networks are being compared, and all vectors are divided by
 * the length of the longest: rounding decides the direction of short ones. Such a pass has no gradient.
 */
export class UnitLength extends tf.layers.Layer {
  static readonly className = 'OverparamUnitLength';

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = one(inputs);
    if (!kwargs?.decisions) return unitLength(x);
    return tf.tidy(() => {
      const longest = tf.sqrt(tf.max(tf.sum(tf.square(x), -1)));
      return tf.div(x, tf.maximum(longest, shortest));
    });
  }
}

/**
 * A sum of inputs of one shape with one trained weight each: a row of a cross-stitch unit.
 *
 * Source: Misra et al. 2016, https://arxiv.org/abs/1604.03539
 */
export class WeightedSum extends tf.layers.Layer {
  static readonly className = 'OverparamWeightedSum';
  private readonly initial: number[];
  private factors!: tf.layers.Layer['trainableWeights'][number];

  /** @param config  `initial`: the first weight of each input */
  constructor(config: LayerArguments & { readonly initial: readonly number[] }) {
    super(config);
    this.initial = [...config.initial];
  }

  override build(_inputShape: tf.Shape | tf.Shape[]): void {
    const zeros = tf.initializers.zeros();
    this.factors = this.addWeight('factors', [this.initial.length], 'float32', zeros);
    const first = tf.tensor1d(this.initial);
    this.factors.write(first);
    first.dispose();
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return oneShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const factors = tf.unstack(this.factors.read());
      return tf.addN((inputs as tf.Tensor[]).map((input, index) => tf.mul(input, factors[index]!)));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), initial: this.initial };
  }
}

/**
 * A sum of images, each times a weight of its own for every example: what a gate lets through of several experts.
 *
 * Inputs: the weights `[n, k]`, or `[1, k]` where they are the same for every example, then `k` tensors of one shape
 * `[n, ...]`. Output `[n, ...]`.
 *
 * Source: Ma et al. 2018, https://doi.org/10.1145/3219819.3220007
 */
export class GatedSum extends tf.layers.Layer {
  static readonly className = 'OverparamGatedSum';

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [weights, first] = inputShape as [tf.Shape, tf.Shape];
    const count = (inputShape as tf.Shape[]).length - 1;
    if (weights.length === 2 && weights[1] === count) return first;
    throw new Error(
      `A gated sum of ${count} tensors needs as many weights for each example, [n, ${count}], as its first input; got [${weights}].`,
    );
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const [weights, ...given] = inputs as [tf.Tensor2D, ...tf.Tensor[]];
      const sides = new Array<number>(given[0]!.rank - 1).fill(1);
      const parts = given.map((x, index) =>
        tf.mul(x, tf.reshape(tf.slice(weights, [0, index], [-1, 1]), [-1, ...sides])),
      );
      return tf.addN(parts);
    });
  }
}

/**
 * Numbers that are trained and depend on no input: `[1, units]`, the same for every example. Its input only says where it
 * stands in the network.
 */
export class LearnedVector extends tf.layers.Layer {
  static readonly className = 'OverparamLearnedVector';
  private readonly units: number;
  private vector!: tf.layers.Layer['trainableWeights'][number];

  /** @param config  `units`: how many numbers, zero at first */
  constructor(config: LayerArguments & { readonly units: number }) {
    super(config);
    this.units = config.units;
  }

  override build(_inputShape: tf.Shape | tf.Shape[]): void {
    this.vector = this.addWeight('vector', [this.units], 'float32', tf.initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(_inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [1, this.units];
  }

  override call(_inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.reshape(this.vector.read(), [1, this.units]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units };
  }
}

/**
 * The weights of experts, of which at most `k` are not zero once the selectors have settled: DSelect-k.
 *
 * Each of `k` selectors chooses one of `2^b` experts by the binary digits of its number, the most significant first: a
 * digit is 1 with the weight `s(z) = -2 z^3 / gamma^3 + 3 z / (2 gamma) + 1/2`, which is 0 for z below -gamma / 2 and 1 above
 * gamma / 2, and an expert's weight is the product over its digits. The selectors are weighed by the softmax of `w`.
 *
 * Inputs: `z` `[n, k * b]`, selector by selector, and `w` `[n, k]`; or `[1, ...]`, the same for every example. Output
 * `[n, 2^b]`, at least 0, summing to 1.
 *
 * Source: Hazimeh et al. 2021, https://arxiv.org/abs/2106.03760
 */
export class ExpertSelection extends tf.layers.Layer {
  static readonly className = 'OverparamExpertSelection';
  private readonly gamma: number;

  /** @param config  `gamma`: width of the range in which a digit is between 0 and 1, above 0 */
  constructor(config: LayerArguments & { readonly gamma: number }) {
    super(config);
    this.gamma = config.gamma;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [z, w] = inputShape as [tf.Shape, tf.Shape];
    return [z[0]!, 2 ** (z[1]! / w[1]!)];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const [z, w] = inputs as [tf.Tensor2D, tf.Tensor2D];
      const selectors = w.shape[1];
      const digits = z.shape[1] / selectors;
      const { gamma } = this;
      // Outside the range the polynomial is flat: its slope at both ends is 0.
      const inside = tf.clipByValue(tf.reshape(z, [-1, selectors, digits]), -gamma / 2, gamma / 2);
      const cubed = tf.mul(tf.mul(inside, inside), inside);
      const one = tf.add(tf.add(tf.mul(cubed, -2 / gamma ** 3), tf.mul(inside, 3 / (2 * gamma))), 0.5);
      // Digit by digit, each part is split into one for 0 and one for 1: [n, k, 2^digits].
      const choices = (digit: number) => {
        const on = tf.slice(one, [0, 0, digit], [-1, -1, 1]);
        return tf.concat([tf.sub(1, on), on], 2);
      };
      let parts = choices(0);
      for (let digit = 1; digit < digits; digit++) {
        const wide = tf.mul(
          tf.reshape(parts, [-1, selectors, 2 ** digit, 1]),
          tf.reshape(choices(digit), [-1, selectors, 1, 2]),
        );
        parts = tf.reshape(wide, [-1, selectors, 2 ** (digit + 1)]) as tf.Tensor3D;
      }
      const shares = tf.reshape(tf.softmax(w), [-1, selectors, 1]);
      return tf.sum(tf.mul(parts, shares), 1);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), gamma: this.gamma };
  }
}

for (const layer of [
  MaxPoolWithPlaces,
  MaxUnpool,
  ResizeAligned,
  ResizeHalfPixel,
  UnitLength,
  WeightedSum,
  GatedSum,
  LearnedVector,
  ExpertSelection,
])
  tf.serialization.registerClass(layer);
