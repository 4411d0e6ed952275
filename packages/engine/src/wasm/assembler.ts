/**
 * A writer for one-function WebAssembly modules, just large enough for the kernels of this folder.
 *
 * Kernels are written for the shape at hand - strides become immediate offsets, loops are unrolled to their
 * known length - so a module is made when a shape is first met, a few hundred bytes each. Opcodes:
 * https://webassembly.github.io/spec/core/binary/instructions.html
 */

/** What a local variable of a kernel holds: an address or count, or 16 bytes of numbers. */
export type LocalType = 'i32' | 'v128';

const typeCodes: Record<LocalType, number> = { i32: 0x7f, v128: 0x7b };

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

/** A variable of the kernel being written. */
export interface Local {
  readonly index: number;
}

/** The body of one function; each method appends one instruction or structure. */
export class Assembler {
  private readonly code: number[] = [];
  private readonly locals: LocalType[] = [];

  /** @param parameters how many i32 parameters the function takes */
  constructor(private readonly parameters: number) {}

  parameter(index: number): Local {
    return { index };
  }
  local(type: LocalType): Local {
    this.locals.push(type);
    return { index: this.parameters + this.locals.length - 1 };
  }

  get(local: Local): this {
    this.code.push(0x20, ...unsigned(local.index));
    return this;
  }
  set(local: Local): this {
    this.code.push(0x21, ...unsigned(local.index));
    return this;
  }
  constant(value: number): this {
    this.code.push(0x41, ...signed(value));
    return this;
  }
  add(): this {
    this.code.push(0x6a);
    return this;
  }
  /** local += bytes */
  advance(local: Local, bytes: number): this {
    return bytes === 0 ? this : this.get(local).constant(bytes).add().set(local);
  }
  /** local += other */
  advanceBy(local: Local, other: Local): this {
    return this.get(local).get(other).add().set(local);
  }
  loadI32(offset: number): this {
    this.code.push(0x28, 2, ...unsigned(offset));
    return this;
  }

  /** Four floats from the address on the stack. */
  load(offset: number): this {
    return this.simd(0, 2, ...unsigned(offset));
  }
  /** One float from the address on the stack, in all four lanes. */
  loadSplat(offset: number): this {
    return this.simd(9, 2, ...unsigned(offset));
  }
  /** Four floats to the address below them on the stack. */
  store(offset: number): this {
    return this.simd(11, 2, ...unsigned(offset));
  }
  /** One lane of the vector on the stack, in all four lanes. */
  splatLane(local: Local, lane: number): this {
    const bytes = Array.from({ length: 16 }, (_, i) => lane * 4 + (i % 4));
    return this.get(local)
      .get(local)
      .simd(13, ...bytes);
  }
  zero(): this {
    return this.simd(12, ...new Array<number>(16).fill(0));
  }
  addFloats(): this {
    return this.simd(0xe4);
  }
  multiplyFloats(): this {
    return this.simd(0xe6);
  }

  subtractFloats(): this {
    return this.simd(0xe5);
  }
  addDoubles(): this {
    return this.simd(0xf0);
  }
  multiplyDoubles(): this {
    return this.simd(0xf2);
  }
  /** The lower two floats of the vector on the stack as doubles. */
  toDoubles(): this {
    return this.simd(0x5f);
  }
  /** The upper two floats of a vector, moved down. */
  upperHalf(local: Local): this {
    return this.get(local)
      .get(local)
      .simd(13, ...Array.from({ length: 16 }, (_, i) => 8 + (i % 8)));
  }
  /** a > b, all bits of a lane set where it holds. */
  greaterFloats(): this {
    return this.simd(0x44);
  }
  and(): this {
    return this.simd(0x4e);
  }

  /** Repeats the body `times` times by counting `counter` down; the body runs at least once. */
  repeat(counter: Local, times: number | Local, body: () => void): this {
    if (typeof times === 'number') this.constant(times);
    else this.get(times);
    this.set(counter);
    this.code.push(0x03, 0x40);
    body();
    this.get(counter).constant(-1).add();
    this.code.push(0x22, ...unsigned(counter.index), 0x0d, 0, 0x0b);
    return this;
  }

  /** The module as bytes: imports `env.memory`, exports `run`. */
  module(): Uint8Array<ArrayBuffer> {
    const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
    const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
    const declared = this.locals.flatMap((type) => [1, typeCodes[type]]);
    const body = [...unsigned(this.locals.length), ...declared, ...this.code, 0x0b];
    const parameterTypes = new Array<number>(this.parameters).fill(typeCodes.i32);
    return Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, this.parameters, ...parameterTypes, 0]),
      ...section(2, [1, ...name('env'), ...name('memory'), 2, 0, 0]),
      ...section(3, [1, 0]),
      ...section(7, [1, ...name('run'), 0, 0]),
      ...section(10, [1, ...unsigned(body.length), ...body]),
    ]);
  }

  private simd(operation: number, ...immediates: number[]): this {
    this.code.push(0xfd, ...unsigned(operation), ...immediates);
    return this;
  }
}
