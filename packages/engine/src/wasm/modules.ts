import type { HeapMemory, WasmBackend } from './memory';

/** What is used of the global `WebAssembly`, whose types come with the DOM's and not with Node's. */
const assembly = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
      Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
    };
  }
).WebAssembly;

const compiled = new WeakMap<HeapMemory, Map<string, CallableFunction>>();

/** The function `run` of a generated module on a backend's memory; made once for each key. */
export function instantiate<Kernel extends CallableFunction>(
  backend: WasmBackend,
  key: string,
  write: () => Uint8Array<ArrayBuffer>,
): Kernel {
  const memory = backend.wasm.asm?.memory as HeapMemory;
  let known = compiled.get(memory);
  if (known === undefined) {
    known = new Map();
    compiled.set(memory, known);
  }
  let kernel = known.get(key);
  if (kernel === undefined) {
    const instance = new assembly.Instance(new assembly.Module(write()), { env: { memory } });
    kernel = instance.exports.run as CallableFunction;
    known.set(key, kernel);
  }
  return kernel as Kernel;
}
