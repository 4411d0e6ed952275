import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { halfTable, toHalf } from '../src/half';
import reference from './fixtures/half.json';

/** The numbers in [0, 1) of `make-half.py`. */
function noise(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let word = (Math.imul(i, 2654435761) + seed * 40503 + 12345) >>> 0;
    word = Math.imul(word ^ (word >>> 15), 2246822519) >>> 0;
    word = Math.imul(word ^ (word >>> 13), 3266489917) >>> 0;
    return (word >>> 8) / 2 ** 24;
  });
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('every half-precision word has the number that NumPy gives it', () => {
  const finite = halfTable().filter(Number.isFinite);
  expect(finite).toHaveLength(65536 - 2048);
  expect(sha256(new Uint8Array(finite.buffer))).toBe(reference.decoded);
});

test('numbers are rounded to half precision as NumPy does it', () => {
  const words = new Uint16Array(60_000);
  for (const [i, value] of noise(60_000, 13).entries()) {
    words[i] = toHalf(Math.fround(value - 0.5) * 2 ** ((i % 44) - 28));
  }
  expect(sha256(new Uint8Array(words.buffer))).toBe(reference.encoded);
});

test('what is exact in half precision comes back', () => {
  const table = halfTable();
  for (let word = 0; word < 65536; word++) {
    if (Number.isFinite(table[word])) expect(toHalf(table[word]!)).toBe(word);
  }
  expect([table[0x7c00], table[0xfc00], table[0x7e00], table[0x8000]]).toEqual([
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    -0,
  ]);
  expect([toHalf(65504), toHalf(65520), toHalf(1e9), toHalf(2 ** -25), toHalf(2 ** -24)]).toEqual([
    0x7bff, 0x7c00, 0x7c00, 0, 1,
  ]);
});
