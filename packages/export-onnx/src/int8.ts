import type { Emitter, ReadWeight } from './emitter';

/**
 * Scales of a layer's weight, one for each output channel: what stands on the grid of whole numbers from -127 to 127 times
 * these. Null for a weight that stays in float32.
 *
 * @param layer   the layer itself: names may come twice
 * @param weight  the last part of its name, such as `kernel`
 */
export type Int8Scales<Layer> = (layer: Layer, weight: string) => Float32Array | null;

/** A channel's number for each place of a weight. */
function channelsAlong(shape: readonly number[], axis: number): (place: number) => number {
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  return (place) => Math.floor(place / inner) % shape[axis]!;
}

/**
 * Writes a weight as whole numbers of eight bits and a node that takes them back to numbers.
 *
 * @param place   what its constants are called
 * @param weight  on its grid, in the form that the node wants
 * @param axis    of output channels; elsewhere ONNX Runtime's fusions would forget it
 * @returns       the name of the numbers
 */
export function writeInt8(
  emitter: Emitter,
  place: string,
  { shape, data }: ReadWeight,
  scales: Float32Array,
  axis: number,
): string {
  const channel = channelsAlong(shape, axis);
  const whole = data.map((value, at) => Math.round(value / scales[channel(at)]!));
  return dequantised(emitter, place, emitter.wholes(place, 'int8', shape, whole), scales, axis, 'int8');
}

/**
 * Writes a bias as whole numbers of 32 bits in units of the products that it is added to.
 *
 * @param place  what its constants are called; another one for each use of the layer, whose inputs have scales of their own
 * @param scale  of what comes into the layer
 */
export function writeBias(
  emitter: Emitter,
  place: string,
  { shape, data }: ReadWeight,
  scales: Float32Array,
  scale: number,
): string {
  const units = scales.map((own) => own * scale);
  const whole = data.map((value, channel) => Math.round(value / units[channel]!));
  return dequantised(emitter, place, emitter.wholes(place, 'int32', shape, whole), units, 0, 'int32');
}

function dequantised(
  emitter: Emitter,
  place: string,
  whole: string,
  scales: Float32Array,
  axis: number,
  type: 'int8' | 'int32',
): string {
  const zeros = new Uint8Array(scales.length);
  return emitter.one(
    'DequantizeLinear',
    `${place}/numbers`,
    [
      whole,
      emitter.floats(`${place}/scales`, [scales.length], scales),
      emitter.wholes(`${type} zeros ${scales.length}`, type, [scales.length], zeros),
    ],
    [{ name: 'axis', integer: axis }],
  );
}
