/**
 * Numbers in IEEE 754 half precision, as files hold them; Node 20 has no type for them. Runs in browsers too.
 *
 * @packageDocumentation
 */
const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);
const table = new Float32Array(65536);

/**
 * The half-precision word of a number, rounded to the nearest, to even where two are equally near.
 *
 * @returns 0 to 65535; what is too large becomes infinity
 */
export function toHalf(x: number): number {
  value[0] = x;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 255;
  let mantissa = word & 0x7fffff;
  if (exponent === 255) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  let shift = 13;
  let base = (exponent - 112) << 10;
  if (exponent < 113) {
    // Subnormal in half precision: the leading one becomes visible and moves right.
    if (exponent < 102) return sign;
    mantissa |= 0x800000;
    shift = 126 - exponent;
    base = 0;
  }
  const rest = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  let half = base + (mantissa >>> shift);
  if (rest > halfway || (rest === halfway && (half & 1) === 1)) half++;
  // A carry out of the mantissa raises the exponent, up to infinity.
  return sign | Math.min(half, 0x7c00);
}

/** The number of a half-precision word. */
function fromHalf(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >>> 10) & 31;
  const mantissa = word & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/**
 * The numbers of all half-precision words, by word: exact, signed zeros, infinities and NaN included.
 *
 * @returns 65,536 numbers; one table for all callers, not to be written to
 * @example
 * const numbers = Float32Array.from(words, (word) => table[word]!);
 */
export function halfTable(): Float32Array {
  if (table[1] === 0) for (let word = 0; word < 65536; word++) table[word] = fromHalf(word);
  return table;
}
