import type * as tf from '@tensorflow/tfjs';
import { type Images, tileKernel } from './correlate';
import { type Geometry, images, paddedFor, reach, usedTaps, withWholeVectors } from './geometry';
import { addressOf, type WasmBackend, withScratch } from './memory';

/** Bytes of input and output gradient that one pass over all taps keeps in the first-level cache. */
const blockBytes = 24 * 1024;

/**
 * Gradient of a convolution with respect to its kernel: for each tap the product, over pixels, of input and output
 * gradient. Sums run over a block of rows that stays in cache and are then added up, which is also kinder to
 * float32 than one long sum.
 */
export function filterGradient(
  backend: WasmBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  g: Geometry,
): tf.TensorInfo {
  return withScratch(backend, (allocate) => {
    const shape = [g.kernelHeight, g.kernelWidth, g.inChannels, g.outChannels];
    const rows = usedTaps(
      g.kernelHeight,
      (tap) => tap * g.dilationY - g.top,
      g.outHeight,
      g.strideY,
      g.inHeight,
    );
    const columns = usedTaps(
      g.kernelWidth,
      (tap) => tap * g.dilationX - g.left,
      g.outWidth,
      g.strideX,
      g.inWidth,
    );
    return withWholeVectors(backend, shape, allocate, (address, channels) => {
      const elements = g.kernelHeight * g.kernelWidth * g.inChannels * channels;
      backend.wasm.HEAPF32.fill(0, address >>> 2, (address >>> 2) + elements);
      if (rows.length === 0 || columns.length === 0) return;
      const source = images(addressOf(backend, x), g.batch, g.inHeight, g.inWidth, g.inChannels);
      const yReach = reach(rows.map((row) => row.offset), g.outHeight, g.strideY); // biome-ignore format: one line each
      const xReach = reach(columns.map((column) => column.offset), g.outWidth, g.strideX); // biome-ignore format: see above
      const frame = paddedFor(backend, source, yReach, xReach, allocate);
      const gradient = wholeChannels(backend, dy, g, channels, allocate);
      const taps = rows.flatMap((row) =>
        columns.map((column) => ({
          read:
            ((row.offset + frame.top) * frame.images.width + column.offset + frame.left) * g.inChannels * 4,
          write: address + (row.tap * g.kernelWidth + column.tap) * g.inChannels * channels * 4,
        })),
      );
      accumulateTaps(backend, frame.images, gradient, taps, g, channels, allocate);
    });
  });
}

/** The address of the output gradient with whole vectors of channels: its own, or a copy's. */
function wholeChannels(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  g: Geometry,
  channels: number,
  allocate: (bytes: number) => number,
): number {
  if (channels === g.outChannels) return addressOf(backend, dy);
  const pixels = g.batch * g.outHeight * g.outWidth;
  const copy = allocate(pixels * channels * 4);
  const heap = backend.wasm.HEAPF32;
  const from = addressOf(backend, dy) >>> 2;
  heap.fill(0, copy >>> 2, (copy >>> 2) + pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < g.outChannels; c++) {
      heap[(copy >>> 2) + pixel * channels + c] = heap[from + pixel * g.outChannels + c] as number;
    }
  }
  return copy;
}

function accumulateTaps(
  backend: WasmBackend,
  source: Images,
  gradient: number,
  taps: readonly { read: number; write: number }[],
  g: Geometry,
  channels: number,
  allocate: (bytes: number) => number,
): void {
  const sourceRow = source.width * g.inChannels * 4;
  const gradientRow = g.outWidth * channels * 4;
  const rowsPerBlock = Math.min(
    g.outHeight,
    Math.max(1, Math.floor(blockBytes / (g.strideY * sourceRow + gradientRow))),
  );
  const table = allocate(rowsPerBlock * 8);
  for (let row = 0; row < rowsPerBlock; row++) {
    backend.wasm.HEAP32[(table >>> 2) + 2 * row] = row * g.strideY * sourceRow;
    backend.wasm.HEAP32[(table >>> 2) + 2 * row + 1] = row * gradientRow;
  }
  const panels = filterPanels(backend, g, channels);
  for (let n = 0; n < g.batch; n++) {
    for (let y = 0; y < g.outHeight; y += rowsPerBlock) {
      const count = Math.min(rowsPerBlock, g.outHeight - y);
      const a = source.address + (n * source.height + y * g.strideY) * sourceRow;
      const b = gradient + (n * g.outHeight + y) * gradientRow;
      for (const tap of taps) {
        for (const panel of panels) {
          const to = tap.write + panel.channel * channels * 4 + panel.output * 4;
          const from = a + tap.read + panel.channel * 4;
          panel.kernel(from, b + panel.output * 4, to, table, count, panel.tiles, panel.aTile, panel.outTile);
        }
      }
    }
  }
}

/** How the `cin x cout` matrix of one tap is cut into tiles. */
const filterTile = { rows: 4, vectors: 2 };

function filterPanels(backend: WasmBackend, g: Geometry, channels: number) {
  const panels = [];
  for (let output = 0; output < channels; output += filterTile.vectors * 4) {
    const vectors = Math.min(filterTile.vectors, (channels - output) >>> 2);
    for (let channel = 0; channel < g.inChannels; ) {
      const rest = g.inChannels - channel;
      const rows = Math.min(filterTile.rows, rest);
      const tiles = Math.floor(rest / rows);
      const kernel = tileKernel(backend, {
        rows,
        vectors,
        length: g.outWidth,
        aStep: g.strideX * g.inChannels * 4,
        aRow: 4,
        bStep: channels * 4,
        outRow: channels * 4,
        accumulate: true,
      });
      panels.push({ output, channel, kernel, tiles, aTile: rows * 4, outTile: rows * channels * 4 });
      channel += rows * tiles;
    }
  }
  return panels;
}
