import type * as tf from '@tensorflow/tfjs';
import type { OutputGap } from './writer';

/** Shares of places that count where a tie may fall the other way. */
const most = 0.999;

/**
 * How far values are from a tensor's, in its order of axes. A place of an image is as far off as its farthest channel.
 *
 * @param reference  its values
 */
export function outputGap(
  output: string,
  { shape }: Pick<tf.Tensor, 'shape'>,
  reference: ArrayLike<number>,
  found: ArrayLike<number>,
): OutputGap {
  const channels = shape.length >= 4 ? shape.at(-1)! : 1;
  const places = new Float64Array(reference.length / channels);
  let largest = 0;
  for (let at = 0; at < reference.length; at++) {
    const difference = Math.abs(found[at]! - reference[at]!);
    const place = Math.floor(at / channels);
    // What is missing, or is no number, is as far off as can be.
    places[place] = Math.max(
      places[place]!,
      Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference,
    );
    largest = Math.max(largest, Math.abs(reference[at]!));
  }
  if (found.length !== reference.length) places.fill(Number.POSITIVE_INFINITY);
  places.sort();
  const relative = (value: number | undefined) => (value ? value / Math.max(largest, 1e-30) : 0);
  return {
    output,
    gap: relative(places.at(-1)),
    gapOfMost: relative(places[Math.max(0, Math.ceil(places.length * most) - 1)]),
  };
}
