import type * as tf from '@tensorflow/tfjs';

/** The part of a backend that holds numbers in memory that JavaScript can reach. */
export interface ArrayBackend {
  allocate(shape: readonly number[]): tf.TensorInfo;
  /** Valid until the next allocation. */
  view(tensor: tf.TensorInfo): Float32Array;
}

interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
}

interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
}

/** How to reach the numbers of the backends that allow it, by their names. */
export const arrayBackends: Readonly<Record<'wasm' | 'cpu', (backend: unknown) => ArrayBackend>> = {
  wasm: (backend) => ({
    allocate: (shape) => (backend as WasmBackend).makeOutput([...shape], 'float32'),
    view: (tensor) => (backend as WasmBackend).typedArrayFromHeap(tensor),
  }),
  cpu: (backend) => ({
    allocate: (shape) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return (backend as CpuBackend).makeTensorInfo([...shape], 'float32', new Float32Array(size));
    },
    view: (tensor) => (backend as CpuBackend).data.get(tensor.dataId).values,
  }),
};
