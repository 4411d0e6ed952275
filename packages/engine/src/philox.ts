/** A key of the generator: two unsigned 32-bit integers. Draws with different keys are independent. */
export type Key = readonly [number, number];

/** A block's counter, and the four words drawn with it: unsigned 32-bit integers. */
export type Block = [number, number, number, number];

const rounds = 10;
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** Upper 32 bits of the product of two unsigned 32-bit integers, from 16-bit halves. */
function upperHalf(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = Math.imul(aLow, bLow) >>> 0;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (low >>> 16);
  const cross = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) >>> 0) + (middle >>> 16) + (cross >>> 16);
}

/** Writes the words of one block at `offset`; as many as `target` has room for. */
export function writeBlock(
  counter: Readonly<Block>,
  key: Key,
  target: Uint32Array | number[],
  offset: number,
): void {
  let [x0, x1, x2, x3] = counter;
  let [key0, key1] = key;
  for (let round = 0; round < rounds; round++) {
    const high0 = upperHalf(multiplier0, x0);
    const low0 = Math.imul(multiplier0, x0);
    const high1 = upperHalf(multiplier1, x2);
    const low1 = Math.imul(multiplier1, x2);
    x0 = (high1 ^ x1 ^ key0) >>> 0;
    x1 = low1 >>> 0;
    x2 = (high0 ^ x3 ^ key1) >>> 0;
    x3 = low0 >>> 0;
    key0 = (key0 + weyl0) >>> 0;
    key1 = (key1 + weyl1) >>> 0;
  }
  target[offset] = x0;
  target[offset + 1] = x1;
  target[offset + 2] = x2;
  target[offset + 3] = x3;
}

/**
 * The counter-based generator Philox 4x32 with 10 rounds: four random words for each counter and key.
 *
 * Source: J. K. Salmon and others, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011,
 * https://doi.org/10.1145/2063384.2063405
 *
 * @param counter  four unsigned 32-bit integers, least significant first
 * @param key      two unsigned 32-bit integers
 * @returns        four unsigned 32-bit integers
 */
export function philox4x32(counter: readonly [number, number, number, number], key: Key): Block {
  const words: Block = [0, 0, 0, 0];
  writeBlock([...counter], key, words, 0);
  return words;
}
