import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromDifferences, toDifferences } from '../src/median-edge';

test('predicts flat and ramping planes, and follows an edge', () => {
  // By hand: 5 is stored as it is; then left, above, or left + above - corner predict what comes.
  expect([...toDifferences(Uint8Array.from([5, 5, 5, 5, 5, 5]), 3)]).toEqual([5, 0, 0, 0, 0, 0]);
  expect([...toDifferences(Uint8Array.from([1, 2, 3, 2, 3, 4]), 3)]).toEqual([1, 1, 1, 1, 1, 1]);
  expect([...toDifferences(Uint8Array.from([5, 3, 7, 6]), 2)]).toEqual([5, 254, 2, 1]);
  expect([...toDifferences(Uint8Array.from([9, 1, 9, 1]), 2)]).toEqual([9, 248, 0, 0]);
});

test('loses nothing, with bytes and with 16-bit words', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.uint16Array({ maxLength: 60 }), (width, words) => {
      expect(fromDifferences(toDifferences(words, width), width)).toEqual(words);
      const bytes = Uint8Array.from(words);
      expect(fromDifferences(toDifferences(bytes, width), width)).toEqual(bytes);
      const buffer = Buffer.from(bytes);
      toDifferences(buffer, width);
      fromDifferences(buffer, width);
      expect(Uint8Array.from(buffer)).toEqual(bytes);
    }),
  );
});
