import type { Pairs } from './pairs';

/**
 * Mutual information of pairs over their joint entropy, from a histogram of 1 + ceil(log2 n) bins a side (Sturges' rule)
 * between the least and the largest value of each side.
 *
 * @param dropsDiagonal  whether pairs whose two values are in bins of one number are left out
 * @returns              from 0, independent, to 1, each follows from the other; null where nothing varies
 */
export function normalisedInformation(
  { count, pixels, neighbours }: Pairs,
  dropsDiagonal: boolean,
): number | null {
  if (count === 0) return null;
  const bins = 1 + Math.ceil(Math.log2(count));
  const places = binsOf(pixels, count, bins);
  const others = binsOf(neighbours, count, bins);
  if (!places || !others) return null;
  const joint = new Float64Array(bins * bins);
  for (let index = 0; index < count; index++) joint[places[index]! * bins + others[index]!]!++;
  if (dropsDiagonal) for (let bin = 0; bin < bins; bin++) joint[bin * bins + bin] = 0;
  const first = new Float64Array(bins);
  const second = new Float64Array(bins);
  joint.forEach((number, index) => {
    first[Math.floor(index / bins)]! += number;
    second[index % bins]! += number;
  });
  const together = entropy(joint);
  if (!(together > 0)) return null;
  const shared = entropy(first) + entropy(second) - together;
  return Math.min(1, Math.max(0, shared / together));
}

/** Which bin each value is in; null where all values are one. */
function binsOf(values: Float32Array, count: number, bins: number): Uint8Array | null {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const value = values[index]!;
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  const width = bins / (largest - least);
  if (!Number.isFinite(width)) return null;
  const found = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    // Truncated on the way into a byte; the largest value is in the last bin.
    const bin = (values[index]! - least) * width;
    found[index] = bin < bins ? bin : bins - 1;
  }
  return found;
}

/** Of a histogram, in nats; empty bins count as nothing. */
function entropy(histogram: Float64Array): number {
  let total = 0;
  for (const number of histogram) total += number;
  let sum = 0;
  for (const number of histogram) if (number > 0) sum -= (number / total) * Math.log(number / total);
  return sum;
}
