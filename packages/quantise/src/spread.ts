import type * as tf from '@tensorflow/tfjs';
import { type Channels, largestByChannel, type Weight, weightOnGrid, weightScales } from './grid';
import { channelsOf, kernelsOf } from './kinds';
import { type PlaceOptions, planPlaces } from './place-layers';

/** How far a kernel's numbers are spread, which tells before anything else whether eight bits will do. */
export interface Spread {
  /** Path of the layer. */
  readonly layer: string;
  readonly weight: string;
  readonly channels: number;
  /** The largest absolute value of the widest output channel over that of the narrowest; channels of zeros left out. */
  readonly channelRatio: number;
  /** The largest absolute value over the median one (of up to 4,096 numbers), within the output channel where that is worst. */
  readonly largestOverMedian: number;
  /** What rounding to eight bits adds, over the kernel: root of the mean squares, relatively. */
  readonly noise: number;
}

/**
 * The spread of all kernels that would become int8, in the order of the layers.
 *
 * @throws OverparamError as `planPlaces`
 */
export function weightSpread(model: tf.LayersModel, options: PlaceOptions = {}): Spread[] {
  const calls = planPlaces(model, options).weighted.filter(({ use }) => use === 0);
  return calls.flatMap(({ layer, path }) =>
    kernelsOf(layer).map(({ name }) => {
      const read = layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === name)!.read();
      const kernel = { shape: read.shape, data: Float32Array.from(read.dataSync()) };
      const channels = channelsOf(layer, name, kernel.shape);
      const largest = largestByChannel(kernel, channels);
      const some = largest.filter((value) => value > 0);
      const medians = mediansByChannel(kernel, channels);
      const onGrid = weightOnGrid(kernel, channels, weightScales(kernel, channels, null, null));
      return {
        layer: path,
        weight: name,
        channels: channels.count,
        channelRatio: some.length > 0 ? Math.max(...some) / Math.min(...some) : 1,
        largestOverMedian: Math.max(1, ...largest.map((value, channel) => ratio(value, medians[channel]!))),
        noise: Math.sqrt(ratio(squares(kernel.data, onGrid), squares(kernel.data))),
      };
    }),
  );
}

/** Numbers of a channel that its median is taken of; of more, evenly spread ones. */
const enough = 2048;

/** The median absolute value of each output channel. */
function mediansByChannel({ data }: Weight, channels: Channels): Float64Array {
  const length = data.length / channels.count;
  const step = Math.max(1, Math.floor(length / enough));
  const kept = Array.from({ length: channels.count }, (): number[] => []);
  const seen = new Uint32Array(channels.count);
  for (let place = 0; place < data.length; place++) {
    const channel = channels.at(place);
    if (seen[channel]! % step === 0) kept[channel]!.push(Math.abs(data[place]!));
    seen[channel]! += 1;
  }
  return Float64Array.from(kept, (values) => {
    const sorted = Float64Array.from(values).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  });
}

/** Of a kernel of which half is zero, how far the rest is spread cannot be said by the median: no more than 1 then. */
const ratio = (a: number, b: number) => (b > 0 ? a / b : 0);

function squares(a: Float32Array, b?: Float32Array): number {
  return a.reduce((sum, value, at) => sum + (value - (b?.[at] ?? 0)) ** 2, 0);
}
