import { describe, expect, test } from 'vitest';
import { checkSnappy } from '../src/check-snappy';

const literal = (...bytes: number[]) => [(bytes.length - 1) << 2, ...bytes];
/** A copy of 4 to 11 bytes from up to 2047 back. */
const near = (length: number, offset: number) => [
  1 | ((length - 4) << 2) | ((offset >> 8) << 5),
  offset & 255,
];
const far = (length: number, offset: number) => [2 | ((length - 1) << 2), offset & 255, offset >> 8];

describe('a snappy stream', () => {
  test.each([
    ['a literal', [3, ...literal(1, 2, 3)], 3],
    ['a literal whose length takes a byte', [70, 60 << 2, 69, ...new Array(70).fill(7)], 70],
    ['copies', [15, ...literal(1), ...near(4, 1), ...far(10, 5)], 15],
    ['nothing', [0], 0],
  ])('%s: sound', (_, bytes, length) => {
    expect(() => checkSnappy(Uint8Array.from(bytes), length)).not.toThrow();
  });

  test.each([
    ['less than claimed', [9, ...literal(1, 2, 3)], 9],
    ['more than claimed', [2, ...literal(1, 2, 3)], 2],
    ['cut off', [5, ...literal(1, 2, 3, 4, 5).slice(0, 3)], 5],
    ['a copy from before the start', [8, ...literal(1), ...near(7, 2)], 8],
    ['a copy of nothing', [8, ...literal(1), ...near(7, 0)], 8],
    // Its length is negative where it is read as a signed number.
    ['a literal of gigabytes', [200, 63 << 2, 0, 0, 0, 255, 1], 200],
    ['a claim of gigabytes', [1, ...literal(1)], 2 ** 31],
    ['a length cut off', [200, 62 << 2, 1], 200],
  ])('%s: refused', (_, bytes, length) => {
    expect(() => checkSnappy(Uint8Array.from(bytes), length)).toThrow(/compressed page/);
  });
});
