import type * as tf from '@tensorflow/tfjs';
import { correlate, type Images, type Tap, type Target, type Weights } from './correlate';
import { type Geometry, images, paddedFor, type Reach, usedTaps, withWholeVectors } from './geometry';
import { addressOf, type WasmBackend, withScratch } from './memory';

/** Whether the convolution is a matrix product over all pixels at once. */
function isPointwise(g: Geometry): boolean {
  return (
    g.kernelHeight === 1 && g.kernelWidth === 1 && g.strideY === 1 && g.strideX === 1 && g.top === 0 &&
    g.left === 0 && g.inHeight === g.outHeight && g.inWidth === g.outWidth
  ); // biome-ignore format: one condition
}

type AxisTap = { tap: number; offset: number };

/** One phase of an input gradient: the taps that reach it, correlated. */
function gather(
  backend: WasmBackend,
  padded: { top: number; left: number; images: Images },
  rows: readonly AxisTap[],
  columns: readonly AxisTap[],
  weights: Weights & { tap: (y: number, x: number) => number },
  outputChannels: number,
  target: Target,
): void {
  const taps: Tap[] = rows.flatMap((row) =>
    columns.map((column) => ({
      y: row.offset + padded.top,
      x: column.offset + padded.left,
      weights: weights.tap(row.tap, column.tap),
    })),
  );
  correlate(backend, padded.images, taps, weights, outputChannels, target);
}

/**
 * Gradient of a convolution with respect to its input. With strides, each residue of the input position has its
 * own small kernel - the taps that land there - so that no multiplication by a stuffed zero is done.
 */
export function inputGradient(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  kernel: tf.TensorInfo,
  g: Geometry,
): tf.TensorInfo {
  if (isPointwise(g) && g.batch * g.inHeight > 1) {
    const pixels = g.batch * g.inHeight * g.inWidth;
    const flat = { ...g, batch: 1, inHeight: 1, outHeight: 1, inWidth: pixels, outWidth: pixels };
    const dx = inputGradient(backend, dy, kernel, flat);
    return { ...dx, shape: [g.batch, g.inHeight, g.inWidth, g.inChannels] };
  }
  const axis = (size: number, out: number, taps: number, stride: number, dilation: number, before: number) =>
    Array.from({ length: Math.min(stride, size) }, (_, phase) => {
      const count = Math.ceil((size - phase) / stride);
      const offset = (tap: number) => {
        const distance = phase + before - tap * dilation;
        return distance % stride === 0 ? distance / stride : null;
      };
      return { phase, count, taps: usedTaps(taps, offset, count, 1, out) };
    });
  const rows = axis(g.inHeight, g.outHeight, g.kernelHeight, g.strideY, g.dilationY, g.top);
  const columns = axis(g.inWidth, g.outWidth, g.kernelWidth, g.strideX, g.dilationX, g.left);
  const whole = (phases: typeof rows): Reach => ({
    least: Math.min(0, ...phases.flatMap((phase) => phase.taps.map((tap) => tap.offset))),
    most: Math.max(0, ...phases.flatMap((phase) => phase.taps.map((tap) => tap.offset + phase.count - 1))),
  });
  const shape = [g.batch, g.inHeight, g.inWidth, g.inChannels];
  return withScratch(backend, (allocate) =>
    withWholeVectors(backend, shape, allocate, (address, channels) => {
      const source = images(addressOf(backend, dy), g.batch, g.outHeight, g.outWidth, g.outChannels);
      const frame = paddedFor(backend, source, whole(rows), whole(columns), allocate);
      const weights = {
        start: addressOf(backend, kernel) >>> 2,
        inner: 1,
        outer: g.outChannels,
        tap: (y: number, x: number) => (y * g.kernelWidth + x) * g.inChannels * g.outChannels,
      };
      const untouched = [...rows, ...columns].some((phase) => phase.taps.length === 0);
      if (untouched) {
        const elements = g.batch * g.inHeight * g.inWidth * channels;
        backend.wasm.HEAPF32.fill(0, address >>> 2, (address >>> 2) + elements);
      }
      for (const row of rows) {
        for (const column of columns) {
          if (row.taps.length === 0 || column.taps.length === 0) continue;
          const target = {
            address: address + (row.phase * g.inWidth + column.phase) * channels * 4,
            height: row.count,
            width: column.count,
            channels,
            imageStep: g.inHeight * g.inWidth * channels,
            rowStep: g.strideY * g.inWidth * channels,
            pixelStep: g.strideX * channels,
          };
          gather(backend, frame, row.taps, column.taps, weights, g.inChannels, target);
        }
      }
    }),
  );
}
