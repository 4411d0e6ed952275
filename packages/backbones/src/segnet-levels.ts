import { MaxPoolWithPlaces, MaxUnpool, unit } from '@overparam/layers';
import type * as tf from '@tensorflow/tfjs';

/** One resolution of SegNet's encoder. */
export interface Encoded {
  /** After the first convolution and after the last, at full size. */
  readonly first: tf.SymbolicTensor;
  readonly last: tf.SymbolicTensor;
  /** The last one pooled, at half its size, and where the maxima were. */
  readonly pooled: tf.SymbolicTensor;
  readonly places: tf.SymbolicTensor;
}

/** One resolution of SegNet's decoder. */
export interface Decoded {
  readonly unpooled: tf.SymbolicTensor;
  readonly last: tf.SymbolicTensor;
}

/** Five levels; the sides of an image must be multiples of 2 ** 5. */
export const levels = [1, 2, 3, 4, 5] as const;
/** What the sides of an image must be multiples of. */
export const sideMultiple = 2 ** levels.length;

/** Channels at the encoder's level `level`: 1, 2, 4, 8 and 8 times the width. */
export function channelsAt(level: number, width: number): number {
  return width * 2 ** Math.min(level - 1, 3);
}

/** Channels that the decoder's level `level` ends with: those of the encoder one level up. */
export function decodedChannelsAt(level: number, width: number): number {
  return channelsAt(Math.max(1, level - 1), width);
}

/** The first two levels have two convolutions, the others three. */
const convolutionsAt = (level: number) => (level <= 2 ? 2 : 3);

/**
 * Convolutions and a pooling, in layers `<prefix>encoder<level>_...`.
 *
 * @param x  `[n, h, w, c]`
 */
export function encode(x: tf.SymbolicTensor, level: number, width: number, prefix = ''): Encoded {
  const name = `${prefix}encoder${level}`;
  const { first, last } = convolutions(x, name, channelsAt(level, width), convolutionsAt(level));
  const pool = new MaxPoolWithPlaces({ name: `${name}_pool` });
  const [pooled, places] = pool.apply(last) as [tf.SymbolicTensor, tf.SymbolicTensor];
  return { first, last, pooled, places };
}

/**
 * An unpooling and convolutions, in layers `<prefix>decoder<level>_...`.
 *
 * @param values  of the shape of `places`, which the encoder's level of the same number gave
 */
export function decode(
  values: tf.SymbolicTensor,
  places: tf.SymbolicTensor,
  level: number,
  width: number,
  prefix = '',
): Decoded {
  const name = `${prefix}decoder${level}`;
  const unpooled = new MaxUnpool({ name: `${name}_unpool` }).apply([values, places]) as tf.SymbolicTensor;
  const { last } = convolutions(unpooled, name, decodedChannelsAt(level, width), convolutionsAt(level));
  return { unpooled, last };
}

function convolutions(x: tf.SymbolicTensor, name: string, filters: number, count: number) {
  const first = unit(x, name, { filters, size: 3, bias: true }, 1);
  let last = first;
  for (let index = 2; index <= count; index++) {
    last = unit(last, name, { filters, size: 3, bias: true }, index);
  }
  return { first, last };
}
