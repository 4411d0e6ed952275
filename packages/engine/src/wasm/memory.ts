import type * as tf from '@tensorflow/tfjs';

/** A `WebAssembly.Memory`. */
export interface HeapMemory {
  readonly buffer: ArrayBufferLike;
}

/** What of tfjs's wasm backend the kernels here stand on. */
export interface WasmBackend {
  readonly wasm: {
    /** Views on the heap; growth replaces them, so read them again after every allocation. */
    readonly HEAPF32: Float32Array;
    readonly HEAP32: Int32Array;
    readonly HEAPU8: Uint8Array;
    readonly asm?: { readonly memory?: HeapMemory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
}

/** Byte address of a tensor's values on the heap. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}

/** Runs `work` with a function that allocates scratch bytes (16-byte aligned), all freed afterwards. */
export function withScratch<T>(backend: WasmBackend, work: (allocate: (bytes: number) => number) => T): T {
  const blocks: number[] = [];
  try {
    return work((bytes) => {
      const block = backend.wasm._malloc(bytes + 16) >>> 0;
      if (block === 0) throw new RangeError(`The wasm heap has no room for ${bytes} more bytes.`);
      blocks.push(block);
      return ((block + 15) & ~15) >>> 0;
    });
  } finally {
    for (const block of blocks) backend.wasm._free(block);
  }
}
