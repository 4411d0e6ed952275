import { Assembler, type Local } from './assembler';
import type { WasmBackend } from './memory';
import { instantiate } from './modules';

/** Bytes of one operand that all channel groups of a block pass over while it stays in the first-level cache. */
const blockBytes = 16 * 1024;

function parameters(code: Assembler, count: number): Local[] {
  return Array.from({ length: count }, (_, index) => code.parameter(index));
}

/** Visits a `[pixels, channels]` matrix in blocks of pixels and groups of 8 (or 4) channels. */
function visit(
  pixels: number,
  channels: number,
  work: (pixel: number, count: number, channel: number, vectors: number) => void,
): void {
  const block = Math.max(1, Math.floor(blockBytes / (channels * 4)));
  for (let pixel = 0; pixel < pixels; pixel += block) {
    const count = Math.min(block, pixels - pixel);
    for (let channel = 0; channel < channels; channel += 8) {
      work(pixel, count, channel, channel + 8 <= channels ? 2 : 1);
    }
  }
}

type SumsKernel = (a: number, b: number, sums: number, products: number, count: number) => void;

/** For `4 * vectors` channels: sums[c] += sum of a, products[c] += sum of a * b, all in double. */
function sumsModule(channels: number, vectors: number): Uint8Array<ArrayBuffer> {
  const code = new Assembler(5);
  const [a, b, sums, products, count] = parameters(code, 5) as [Local, Local, Local, Local, Local];
  const counter = code.local('i32');
  const halves = Array.from({ length: vectors * 2 }, () => ({
    sum: code.local('v128'),
    product: code.local('v128'),
  }));
  const left = code.local('v128');
  const right = code.local('v128');
  const wide = code.local('v128');
  halves.forEach((half, i) => {
    code
      .get(sums)
      .load(i * 16)
      .set(half.sum);
    code
      .get(products)
      .load(i * 16)
      .set(half.product);
  });
  code.repeat(counter, count, () => {
    halves.forEach((half, i) => {
      if (i % 2 === 0) {
        code
          .get(a)
          .load(i * 8)
          .set(left);
        code
          .get(b)
          .load(i * 8)
          .set(right);
        code.get(left).toDoubles().set(wide);
        code.get(right);
      } else {
        code.upperHalf(left).toDoubles().set(wide);
        code.upperHalf(right);
      }
      code.toDoubles().get(wide).multiplyDoubles().get(half.product).addDoubles().set(half.product);
      code.get(half.sum).get(wide).addDoubles().set(half.sum);
    });
    code.advance(a, channels * 4).advance(b, channels * 4);
  });
  halves.forEach((half, i) => {
    code
      .get(sums)
      .get(half.sum)
      .store(i * 16);
    code
      .get(products)
      .get(half.product)
      .store(i * 16);
  });
  return code.module();
}

/**
 * Sums over pixels of a and of a * b for each channel, in double, into two runs of `channels` float64 at `out`.
 * Both matrices are `[pixels, channels]`; channels a multiple of four.
 */
export function channelSums(
  backend: WasmBackend,
  a: number,
  b: number,
  pixels: number,
  channels: number,
  out: number,
): void {
  backend.wasm.HEAPU8.fill(0, out, out + channels * 16);
  visit(pixels, channels, (pixel, count, channel, vectors) => {
    const kernel = instantiate<SumsKernel>(backend, `sums ${channels} ${vectors}`, () =>
      sumsModule(channels, vectors),
    );
    const at = (pixel * channels + channel) * 4;
    kernel(a + at, b + at, out + channel * 8, out + (channels + channel) * 8, count);
  });
}

type AffineKernel = (a: number, b: number, table: number, out: number, count: number) => void;

function affineModule(channels: number, vectors: number, two: boolean): Uint8Array<ArrayBuffer> {
  const code = new Assembler(5);
  const [a, b, table, out, count] = parameters(code, 5) as [Local, Local, Local, Local, Local];
  const counter = code.local('i32');
  const constants = Array.from({ length: vectors }, () =>
    Array.from({ length: two ? 4 : 3 }, () => code.local('v128')),
  ) as [Local, Local, Local, Local][];
  constants.forEach((group, v) => {
    group.forEach((constant, i) => {
      code
        .get(table)
        .load(i * channels * 4 + v * 16)
        .set(constant);
    });
  });
  code.repeat(counter, count, () => {
    constants.forEach(([centre, slope, offset, other], v) => {
      code.get(out);
      code
        .get(b)
        .load(v * 16)
        .get(centre)
        .subtractFloats()
        .get(slope)
        .multiplyFloats();
      code.get(offset).addFloats();
      if (two)
        code
          .get(a)
          .load(v * 16)
          .get(other)
          .multiplyFloats()
          .addFloats();
      code.store(v * 16);
    });
    code.advance(b, channels * 4).advance(out, channels * 4);
    if (two) code.advance(a, channels * 4);
  });
  return code.module();
}

/**
 * out = (b - table[0]) * table[1] + table[2] (+ a * table[3] where `a` is given), channel by channel.
 * `table` holds rows of `channels` float32; matrices are `[pixels, channels]`, channels a multiple of four.
 */
export function channelAffine(
  backend: WasmBackend,
  operands: { a: number | null; b: number; table: number; out: number },
  pixels: number,
  channels: number,
): void {
  const two = operands.a !== null;
  visit(pixels, channels, (pixel, count, channel, vectors) => {
    const kernel = instantiate<AffineKernel>(backend, `affine ${channels} ${vectors} ${two}`, () =>
      affineModule(channels, vectors, two),
    );
    const at = (pixel * channels + channel) * 4;
    kernel((operands.a ?? 0) + at, operands.b + at, operands.table + channel * 4, operands.out + at, count);
  });
}

type MaskKernel = (values: number, gate: number, out: number, count: number) => void;

function maskModule(): Uint8Array<ArrayBuffer> {
  const code = new Assembler(4);
  const [values, gate, out, count] = parameters(code, 4) as [Local, Local, Local, Local];
  const counter = code.local('i32');
  const zero = code.local('v128');
  code.zero().set(zero);
  code.repeat(counter, count, () => {
    for (let v = 0; v < 2; v++) {
      code
        .get(out)
        .get(values)
        .load(v * 16);
      code
        .get(gate)
        .load(v * 16)
        .get(zero)
        .greaterFloats()
        .and()
        .store(v * 16);
    }
    code.advance(values, 32).advance(gate, 32).advance(out, 32);
  });
  return code.module();
}

/** out = values where gate > 0, else 0, over `size` floats. */
export function maskPositive(
  backend: WasmBackend,
  values: number,
  gate: number,
  out: number,
  size: number,
): void {
  const whole = size >>> 3;
  if (whole > 0) instantiate<MaskKernel>(backend, 'mask', maskModule)(values, gate, out, whole);
  const heap = backend.wasm.HEAPF32;
  for (let i = whole * 8; i < size; i++) {
    heap[(out >>> 2) + i] = (heap[(gate >>> 2) + i] as number) > 0 ? (heap[(values >>> 2) + i] as number) : 0;
  }
}
