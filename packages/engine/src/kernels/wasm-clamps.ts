import * as tf from '@tensorflow/tfjs';
import { addressOf, type WasmBackend } from '../wasm/memory';
import { maximumOfWindows, meanOfWindows, poolingOf } from './pooling';
import { holdsNumbers } from './wasm-convolutions';

type Repair = (stock: tf.KernelFunc | undefined) => tf.KernelFunc;

/** A kernel in plain loops. */
type Plain = (
  x: Float32Array,
  out: Float32Array,
  attributes: tf.NamedAttrMap,
  shape: readonly number[],
) => void;

const view = (backend: WasmBackend, tensor: tf.TensorInfo): Float32Array => {
  const start = addressOf(backend, tensor) >>> 2;
  return backend.wasm.HEAPF32.subarray(start, start + tf.util.sizeFromShape(tensor.shape));
};

/** tfjs's kernel where all is finite, and plain loops where not: XNNPACK makes a number of what is none. */
const whereFinite =
  (plain: Plain): Repair =>
  (stock) =>
  (call) => {
    const backend = call.backend as WasmBackend;
    const x = call.inputs.x!;
    const out = stock!(call) as tf.TensorInfo;
    if (x.dtype !== 'float32' || holdsNumbers(backend, x)) return out;
    plain(view(backend, x), view(backend, out), call.attrs ?? {}, x.shape);
    return out;
  };

const clamp = (x: Float32Array, out: Float32Array, least: number, most: number) => {
  x.forEach((value, i) => {
    out[i] = Math.min(most, Math.max(least, value));
  });
};

/** The larger or smaller of two: XNNPACK takes the first where the second is not a number. */
const ofTwo: Repair = (stock) => (call) => {
  const backend = call.backend as WasmBackend;
  const second = call.inputs.b as tf.Tensor;
  const out = stock!(call) as tf.TensorInfo;
  if (second.dtype !== 'float32' || holdsNumbers(backend, second)) return out;
  return tf.tidy(() => {
    const taken = tf.engine().makeTensorFromTensorInfo(out);
    return tf.where(tf.isNaN(second), second, taken);
  });
};

/** Ops that would swallow what is not a number. */
export const clampRepairs: Readonly<Record<string, Repair>> = {
  MaxPool: whereFinite((x, out, attributes, shape) => maximumOfWindows(x, out, poolingOf(shape, attributes))),
  AvgPool: whereFinite((x, out, attributes, shape) => meanOfWindows(x, out, poolingOf(shape, attributes))),
  Maximum: ofTwo,
  Minimum: ofTwo,
  Relu6: whereFinite((x, out) => clamp(x, out, 0, 6)),
  ClipByValue: whereFinite((x, out, attributes) =>
    clamp(x, out, attributes.clipValueMin as number, attributes.clipValueMax as number),
  ),
};
