import { type WasmBackend, withScratch } from './memory';
import { instantiate } from './modules';
import { type TileKernel, type TileShape, tileModule } from './tile';

/** The tile product of a shape, compiled when first met. */
export function tileKernel(backend: WasmBackend, shape: TileShape): TileKernel {
  return instantiate(backend, `tile ${Object.values(shape).join(' ')}`, () => tileModule(shape));
}

/** An NHWC image batch on the heap. */
export interface Images {
  readonly address: number;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** One kernel position: where it reads relative to an output's origin, and where its weights are. */
export interface Tap {
  readonly y: number;
  readonly x: number;
  /** Index of the tap's first weight; `inner` and `outer` steps are the same for all taps. */
  readonly weights: number;
}

/** Where outputs go: a grid of `height x width` pixels with steps in floats, `channels` values at each. */
export interface Target {
  readonly address: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly imageStep: number;
  readonly rowStep: number;
  readonly pixelStep: number;
}

/** Weights on the heap (float index), with the step per summed channel and per output channel. */
export interface Weights {
  readonly start: number;
  readonly inner: number;
  readonly outer: number;
}

/**
 * Copies images into a larger (or cropped) frame of zeros: pixel (y, x) of the frame is (y - top, x - left) of the source.
 */
export function framed(
  backend: WasmBackend,
  images: Images,
  frame: { top: number; left: number; height: number; width: number },
  allocate: (bytes: number) => number,
): Images {
  const { batch, channels } = images;
  const { top, left, height, width } = frame;
  if (top === 0 && left === 0 && height === images.height && width === images.width) return images;
  const address = allocate(batch * height * width * channels * 4);
  const heap = backend.wasm.HEAPF32;
  heap.fill(0, address >>> 2, (address >>> 2) + batch * height * width * channels);
  const firstRow = Math.max(0, -top);
  const lastRow = Math.min(images.height, height - top);
  const firstColumn = Math.max(0, -left);
  const lastColumn = Math.min(images.width, width - left);
  if (lastColumn <= firstColumn) return { address, batch, height, width, channels };
  for (let n = 0; n < batch; n++) {
    for (let y = firstRow; y < lastRow; y++) {
      const from = (images.address >>> 2) + ((n * images.height + y) * images.width + firstColumn) * channels;
      const to = (address >>> 2) + ((n * height + y + top) * width + firstColumn + left) * channels;
      heap.copyWithin(to, from, from + (lastColumn - firstColumn) * channels);
    }
  }
  return { address, batch, height, width, channels };
}

/** Pixels and vectors of four channels in one tile: with the operands they just fit the 16 registers of x86-64. */
const tileRows = 4;
const tileVectors = 2;

/**
 * out[n, y, x, o] = sum over taps, c of source[n, y + tap.y, x + tap.x, c] * weight(tap, c, o)
 *
 * Reads must lie inside the source. Target channels must be a multiple of four.
 */
export function correlate(
  backend: WasmBackend,
  source: Images,
  taps: readonly Tap[],
  weights: Weights,
  outputChannels: number,
  target: Target,
): void {
  withScratch(backend, (allocate) => {
    const { channels } = source;
    const runs = mergedRuns(taps, source);
    const vectorsTotal = target.channels >>> 2;
    const packed = allocate(taps.length * channels * target.channels * 4);
    const table = allocate(runs.offsets.length * 8);
    const rows = Math.min(tileRows, target.width);
    const length = runs.taps * channels;
    for (let vector = 0; vector < vectorsTotal; ) {
      const vectors = Math.min(tileVectors, vectorsTotal - vector);
      const heap = backend.wasm.HEAPF32;
      const panel = packed + vector * 16 * taps.length * channels;
      pack(heap, panel >>> 2, taps, channels, weights, vector * 4, vectors * 4, outputChannels);
      runs.offsets.forEach((offset, i) => {
        backend.wasm.HEAP32[(table >>> 2) + 2 * i] = offset;
        backend.wasm.HEAP32[(table >>> 2) + 2 * i + 1] = i * length * vectors * 16;
      });
      const kernel = tileKernel(backend, {
        rows,
        vectors,
        length,
        aStep: 4,
        aRow: channels * 4,
        bStep: vectors * 16,
        outRow: target.pixelStep * 4,
        accumulate: false,
      });
      const tiles = Math.floor(target.width / rows);
      const overlap = target.width % rows === 0 ? -1 : target.width - rows;
      const aTile = rows * channels * 4;
      const outTile = rows * target.pixelStep * 4;
      for (let n = 0; n < source.batch; n++) {
        for (let y = 0; y < target.height; y++) {
          const a = source.address + (n * source.height + y) * source.width * channels * 4;
          const out = target.address + (n * target.imageStep + y * target.rowStep + vector * 4) * 4;
          kernel(a, panel, out, table, runs.offsets.length, tiles, aTile, outTile);
          if (overlap >= 0) {
            const last = a + overlap * channels * 4;
            kernel(last, panel, out + overlap * target.pixelStep * 4, table, runs.offsets.length, 1, 0, 0);
          }
        }
      }
      vector += vectors;
    }
  });
}

/** Taps that lie next to each other in memory become one run, so that the innermost loop is long. */
function mergedRuns(taps: readonly Tap[], source: Images): { offsets: number[]; taps: number } {
  const offsets = taps.map((tap) => (tap.y * source.width + tap.x) * source.channels * 4);
  const next = source.channels * 4;
  const starts = offsets.filter((offset, i) => i === 0 || offset !== (offsets[i - 1] as number) + next);
  const length = offsets.length / starts.length;
  const even = offsets.every((offset, i) => i % length === 0 || offset === (offsets[i - 1] as number) + next);
  return Number.isInteger(length) && even ? { offsets: starts, taps: length } : { offsets, taps: 1 };
}

/** Weights of a panel of output channels as [tap][channel][panel], zeros where there is no such channel. */
function pack(
  heap: Float32Array,
  to: number,
  taps: readonly Tap[],
  channels: number,
  weights: Weights,
  firstOutput: number,
  outputs: number,
  outputChannels: number,
): void {
  const real = Math.min(outputs, outputChannels - firstOutput);
  let at = to;
  for (const tap of taps) {
    for (let c = 0; c < channels; c++) {
      const from = weights.start + tap.weights + c * weights.inner + firstOutput * weights.outer;
      for (let o = 0; o < real; o++) heap[at + o] = heap[from + o * weights.outer] as number;
      for (let o = real; o < outputs; o++) heap[at + o] = 0;
      at += outputs;
    }
  }
}
