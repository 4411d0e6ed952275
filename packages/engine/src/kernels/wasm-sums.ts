import * as tf from '@tensorflow/tfjs';
import { addressOf, type WasmBackend } from '../wasm/memory';

type Repair = (stock: tf.KernelFunc | undefined) => tf.KernelFunc;

/** Sums of `count` values in a row for each of `rows` rows, in double. */
function sumRows(x: Float32Array, out: Float32Array, rows: number, count: number): void {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    // Four sums, so that none waits for another.
    let [a, b, c, d] = [0, 0, 0, 0];
    const whole = at + (count & ~3);
    for (; at < whole; at += 4) {
      a += x[at]!;
      b += x[at + 1]!;
      c += x[at + 2]!;
      d += x[at + 3]!;
    }
    for (const end = whole + (count & 3); at < end; at++) a += x[at]!;
    out[row] = a + b + (c + d);
  }
}

/** Sums over the middle axis of `[outer, count, inner]`, in double. */
function sumColumns(x: Float32Array, out: Float32Array, outer: number, count: number, inner: number): void {
  const sums = new Float64Array(inner);
  let at = 0;
  for (let row = 0; row < outer; row++) {
    sums.fill(0);
    for (let i = 0; i < count; i++, at += inner) {
      for (let c = 0; c < inner; c++) sums[c] = sums[c]! + x[at + c]!;
    }
    out.set(sums, row * inner);
  }
}

const sizeOf = tf.util.sizeFromShape;

/** Sums over axes that lie next to each other, those from `first` to before `end`. */
function sumOver(backend: WasmBackend, x: tf.TensorInfo, first: number, end: number): tf.TensorInfo {
  const shape = [...x.shape.slice(0, first), ...x.shape.slice(end)];
  const out = backend.makeOutput(shape, 'float32');
  const view = (tensor: tf.TensorInfo) => {
    const start = addressOf(backend, tensor) >>> 2;
    return backend.wasm.HEAPF32.subarray(start, start + sizeOf(tensor.shape));
  };
  const [outer, count, inner] = [x.shape.slice(0, first), x.shape.slice(first, end), x.shape.slice(end)].map(
    sizeOf,
  );
  if (inner === 1) sumRows(view(x), view(out), outer!, count!);
  else sumColumns(view(x), view(out), outer!, count!, inner!);
  return out;
}

/**
 * Sums in double, and means of them. tfjs's own keep one float32 sum, which is off by a percent over the pixels of a
 * batch, and put the axes in another order first, where these read them as they lie.
 */
const reduction =
  (isMean: boolean): Repair =>
  (stock) =>
  (call) => {
    const backend = call.backend as WasmBackend;
    const x = call.inputs.x!;
    const { axis, keepDims } = call.attrs as { axis?: number | number[]; keepDims?: boolean };
    const axes = [...tf.util.parseAxisParam(axis as number[], x.shape)].sort((one, other) => one - other);
    if (x.dtype !== 'float32' || sizeOf(x.shape) === 0 || axes.length === 0) return stock!(call);
    let sum = x;
    // From the last axis on, runs of axes at a time.
    for (let last = axes.length - 1; last >= 0; ) {
      let first = last;
      while (first > 0 && axes[first - 1] === axes[first]! - 1) first--;
      const next = sumOver(backend, sum, axes[first]!, axes[last]! + 1);
      if (sum !== x) backend.disposeData(sum.dataId);
      sum = next;
      last = first - 1;
    }
    if (isMean) {
      const count = axes.reduce((product, each) => product * x.shape[each]!, 1);
      const start = addressOf(backend, sum) >>> 2;
      const values = backend.wasm.HEAPF32.subarray(start, start + sizeOf(sum.shape));
      for (let i = 0; i < values.length; i++) values[i] = values[i]! / count;
    }
    const kept = x.shape.map((length, each) => (axes.includes(each) ? 1 : length));
    return keepDims ? { ...sum, shape: kept } : sum;
  };

/** Sum and Mean. */
export const sumRepairs: Readonly<Record<string, Repair>> = {
  Sum: reduction(false),
  Mean: reduction(true),
};
