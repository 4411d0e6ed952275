/** What of WebAssembly's memories is used here; Node.js has them, its types do not. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Runs synchronous work of a library in WebAssembly that may not let a WebAssembly memory grow beyond `most` bytes. */
export function withMemoryAtMost<Result>(most: number, work: () => Result): Result {
  const { WebAssembly } = globalThis as unknown as {
    readonly WebAssembly: { readonly Memory: { readonly prototype: WasmMemory } };
  };
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  prototype.grow = function (this: WasmMemory, pages: number) {
    if (this.buffer.byteLength + pages * 65_536 > most) throw new RangeError('it takes too much memory');
    return grow.call(this, pages);
  };
  try {
    return work();
  } finally {
    prototype.grow = grow;
  }
}
