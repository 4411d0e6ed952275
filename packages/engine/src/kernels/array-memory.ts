import * as tf from '@tensorflow/tfjs';
import { addressOf, type WasmBackend } from '../wasm/memory';

/** The part of a backend whose float32 tensors are arrays that JavaScript can reach. */
export interface ArrayMemory {
  /** A new float32 tensor, whose values are whatever was there. */
  allocate(shape: readonly number[]): tf.TensorInfo;
  /** The values of a float32 tensor; valid until the next allocation, which may replace all memory. */
  view(tensor: tf.TensorInfo): Float32Array;
  /** The values of an int32 tensor; valid as long as those of {@link view}. */
  integers(tensor: tf.TensorInfo): Int32Array;
  /** A new bool scalar. */
  truth(value: boolean): tf.TensorInfo;
  /** The value of a bool scalar. */
  isTrue(tensor: tf.TensorInfo): boolean;
}

/** What of tfjs's plain JavaScript backend the kernels here stand on. */
interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: Float32Array | Int32Array } };
  makeTensorInfo(
    shape: readonly number[],
    dtype: tf.DataType,
    values: Float32Array | Uint8Array,
  ): tf.TensorInfo;
}

/** The memory of tfjs's plain JavaScript backend. */
export function cpuMemory(given: unknown): ArrayMemory {
  const backend = given as CpuBackend;
  return {
    allocate: (shape) =>
      backend.makeTensorInfo(shape, 'float32', new Float32Array(tf.util.sizeFromShape([...shape]))),
    view: ({ dataId }) => backend.data.get(dataId).values as Float32Array,
    integers: ({ dataId }) => backend.data.get(dataId).values as Int32Array,
    truth: (value) => backend.makeTensorInfo([], 'bool', Uint8Array.of(Number(value))),
    isTrue: ({ dataId }) => backend.data.get(dataId).values[0] !== 0,
  };
}

/** The memory of tfjs's wasm backend. */
export function wasmMemory(given: unknown): ArrayMemory {
  const backend = given as WasmBackend;
  return {
    allocate: (shape) => backend.makeOutput([...shape], 'float32'),
    view(tensor) {
      const start = addressOf(backend, tensor) >>> 2;
      return backend.wasm.HEAPF32.subarray(start, start + tf.util.sizeFromShape(tensor.shape));
    },
    integers(tensor) {
      const start = addressOf(backend, tensor) >>> 2;
      return backend.wasm.HEAP32.subarray(start, start + tf.util.sizeFromShape(tensor.shape));
    },
    truth(value) {
      const out = backend.makeOutput([], 'bool');
      backend.wasm.HEAPU8[addressOf(backend, out)] = Number(value);
      return out;
    },
    isTrue: (tensor) => backend.wasm.HEAPU8[addressOf(backend, tensor)] !== 0,
  };
}

/** The backends that have such a memory, by name. */
export const arrayMemories: Readonly<Record<string, (backend: unknown) => ArrayMemory>> = {
  cpu: cpuMemory,
  wasm: wasmMemory,
};
