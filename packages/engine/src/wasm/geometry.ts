import type * as tf from '@tensorflow/tfjs';
import { framed, type Images } from './correlate';
import { addressOf, type WasmBackend } from './memory';

/** A two-dimensional convolution in numbers; `top` and `left` may be negative (cropping). */
export interface Geometry {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly top: number;
  readonly left: number;
}

/** Least and greatest coordinate that is read along an axis. */
export interface Reach {
  readonly least: number;
  readonly most: number;
}

/** Channels rounded up to whole vectors of four. */
export const wholeVectors = (channels: number) => Math.ceil(channels / 4) * 4;

/** Output tensor of a kernel, through a scratch copy with whole vectors of channels where the count is odd. */
export function withWholeVectors(
  backend: WasmBackend,
  shape: number[],
  allocate: (bytes: number) => number,
  fill: (address: number, channels: number) => void,
): tf.TensorInfo {
  const channels = shape[shape.length - 1] as number;
  const whole = wholeVectors(channels);
  const out = backend.makeOutput(shape, 'float32');
  if (whole === channels) {
    fill(addressOf(backend, out), channels);
    return out;
  }
  const pixels = shape.reduce((product, size) => product * size, 1) / channels;
  const scratch = allocate(pixels * whole * 4);
  fill(scratch, whole);
  const heap = backend.wasm.HEAPF32;
  const to = addressOf(backend, out) >>> 2;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = (scratch >>> 2) + pixel * whole;
    for (let c = 0; c < channels; c++) heap[to + pixel * channels + c] = heap[from + c] as number;
  }
  return out;
}

export function images(
  address: number,
  batch: number,
  height: number,
  width: number,
  channels: number,
): Images {
  return { address, batch, height, width, channels };
}

/** The kernel positions along one axis that meet the input anywhere, with what they reach. */
export function usedTaps(
  kernel: number,
  offset: (tap: number) => number | null,
  count: number,
  step: number,
  size: number,
) {
  const taps: { tap: number; offset: number }[] = [];
  for (let tap = 0; tap < kernel; tap++) {
    const first = offset(tap);
    if (first === null) continue;
    if (first + (count - 1) * step >= 0 && first < size) taps.push({ tap, offset: first });
  }
  return taps.sort((one, other) => one.offset - other.offset);
}

export function reach(offsets: readonly number[], count: number, step: number): Reach {
  return { least: Math.min(...offsets), most: Math.max(...offsets) + (count - 1) * step };
}

/** Pads (or crops nothing of) the source so that reads of the given reach lie inside it. */
export function paddedFor(
  backend: WasmBackend,
  source: Images,
  y: Reach,
  x: Reach,
  allocate: (bytes: number) => number,
): { top: number; left: number; images: Images } {
  const top = Math.max(0, -y.least);
  const left = Math.max(0, -x.least);
  const height = Math.max(source.height, y.most + 1) + top;
  const width = Math.max(source.width, x.most + 1) + left;
  return { top, left, images: framed(backend, source, { top, left, height, width }, allocate) };
}
