/** The largest whole number of an activation, of which the smallest is 0. */
export const activationLevels = 255;

/** The largest whole number of a weight, of which the smallest is its opposite. */
export const weightLevels = 127;

/** Whole numbers w from 0 to 255 that stand for `(w - zeroPoint) * scale`. */
export interface Grid {
  /** A float32 above 0. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Smallest and largest value of something. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Scales no smaller than this have products that are no denormals. */
const smallestScale = 2 ** -100;

/**
 * The grid of activations in a range. Zero is always on it, as padding is zero; where there is nothing but zero, the scale
 * is 1.
 *
 * @returns scale `(high - low) / 255` with the range widened to hold zero, and what stands for zero
 */
export function activationGrid({ low, high }: Range): Grid {
  const [least, most] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround((most - least) / activationLevels);
  if (!(scale >= smallestScale)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.min(activationLevels, Math.max(0, roundHalfEven(-least / scale))) };
}

/** Rounds as TensorFlow and ONNX do: halves to even numbers. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

/** A weight with its shape. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Which output channel each place of a weight belongs to. */
export interface Channels {
  readonly count: number;
  at(place: number): number;
}

/** The largest absolute value of each output channel. */
export function largestByChannel({ data }: Weight, channels: Channels): Float32Array {
  const largest = new Float32Array(channels.count);
  for (let place = 0; place < data.length; place++) {
    const channel = channels.at(place);
    largest[channel] = Math.max(largest[channel]!, Math.abs(data[place]!));
  }
  return largest;
}

/** The largest number that a bias becomes, with some room below the largest of 32 bits. */
const largestBias = 2 ** 30;

/**
 * Scales of a weight by output channel: the largest absolute value becomes 127. A channel of zeros, or one so small that its
 * bias would not fit into 32 bits, takes the scale at which the bias does; one without either has scale 1.
 *
 * @param bias   by output channel; null where there is none
 * @param input  scale of what comes in; the smallest, where there are several
 */
export function weightScales(
  weight: Weight,
  channels: Channels,
  bias: Float32Array | null,
  input: number | null,
): Float32Array {
  return largestByChannel(weight, channels).map((largest, channel) => {
    const forBias = input === null ? 0 : Math.abs(bias?.[channel] ?? 0) / (input * largestBias);
    const scale = Math.max(largest / weightLevels, forBias);
    return scale >= smallestScale ? scale : 1;
  });
}

/** A weight on its grid: multiples from -127 to 127 of its channel's scale. */
export function weightOnGrid({ data }: Weight, channels: Channels, scales: Float32Array): Float32Array {
  return data.map((value, place) => {
    const scale = scales[channels.at(place)]!;
    const whole = roundHalfEven(Math.fround(value / scale));
    return Math.min(weightLevels, Math.max(-weightLevels, whole)) * scale;
  });
}

/** A bias in multiples of `scale of the channel * scale of the input`. */
export function biasOnGrid(bias: Float32Array, scales: Float32Array, input: number): Float32Array {
  return bias.map((value, channel) => {
    const unit = Math.fround(scales[channel]! * input);
    return Math.round(value / unit) * unit;
  });
}
