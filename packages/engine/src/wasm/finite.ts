import { Assembler, type Local } from './assembler';
import { type WasmBackend, withScratch } from './memory';
import { instantiate } from './modules';

type FiniteKernel = (values: number, out: number, count: number) => void;

/** Vectors in one turn, each with a sum of its own so that none waits for another. */
const vectors = 8;

/** Adds up values times zero, which is zero for finite values and NaN otherwise, into four floats at `out`. */
function finiteModule(): Uint8Array<ArrayBuffer> {
  const code = new Assembler(3);
  const [values, out, count] = [0, 1, 2].map((index) => code.parameter(index)) as [Local, Local, Local];
  const counter = code.local('i32');
  const zero = code.local('v128');
  const sums = Array.from({ length: vectors }, () => code.local('v128'));
  code.zero().set(zero);
  for (const sum of sums) code.zero().set(sum);
  code.repeat(counter, count, () => {
    sums.forEach((sum, v) => {
      code
        .get(values)
        .load(v * 16)
        .get(zero)
        .multiplyFloats()
        .get(sum)
        .addFloats()
        .set(sum);
    });
    code.advance(values, vectors * 16);
  });
  code.get(out);
  sums.forEach((sum, v) => {
    code.get(sum);
    if (v > 0) code.addFloats();
  });
  code.store(0);
  return code.module();
}

/** Whether no value is NaN or infinite, over `size` floats at an address. */
export function finiteAt(backend: WasmBackend, address: number, size: number): boolean {
  const turn = vectors * 4;
  const turns = Math.floor(size / turn);
  let sum = 0;
  if (turns > 0) {
    withScratch(backend, (allocate) => {
      const out = allocate(16);
      instantiate<FiniteKernel>(backend, 'finite', finiteModule)(address, out, turns);
      const heap = backend.wasm.HEAPF32;
      for (let lane = 0; lane < 4; lane++) sum += heap[(out >>> 2) + lane]!;
    });
  }
  const heap = backend.wasm.HEAPF32;
  for (let i = turns * turn; i < size; i++) sum += heap[(address >>> 2) + i]! * 0;
  return sum === 0;
}
