import { OverparamError } from '@overparam/errors';
import { type Key, philox4x32 } from './philox';

// The last word of the counter keeps folds apart from draws, which leave it at 0.
const integerTag = 1;
const textTag = 0x80000000;

/**
 * The key that a seed stands for: its low and high 32 bits.
 *
 * @param seed  an integer from 0 to 2^53, or a string of decimal digits from 0 to 2^64 - 1; the same number
 *              gives the same key in both forms
 * @throws OverparamError `invalid-seed`
 */
export function keyFromSeed(seed: number | string): Key {
  const valid =
    typeof seed === 'number'
      ? Number.isInteger(seed) && seed >= 0 && seed <= 2 ** 53
      : /^\d{1,20}$/.test(seed) && BigInt(seed) < 1n << 64n;
  if (!valid) {
    throw new OverparamError(
      'invalid-seed',
      `A seed is an integer from 0 to 2^53, or a string of decimal digits up to 2^64 - 1; got ${JSON.stringify(seed)}. ` +
        'Give such a number as `seed`.',
    );
  }
  const value = BigInt(seed);
  return [Number(value & 0xffffffffn), Number(value >> 32n)];
}

function foldInteger(key: Key, value: number): Key {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new OverparamError(
      'invalid-key',
      `A key is folded with strings and integers from 0 to 2^53 - 1; got ${value}. Give the purpose as one of these.`,
    );
  }
  const [first, second] = philox4x32([value >>> 0, Math.floor(value / 2 ** 32), 0, integerTag], key);
  return [first, second];
}

function foldText(key: Key, text: string): Key {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer(Math.max(8, Math.ceil(bytes.length / 8) * 8)));
  bytes.forEach((byte, index) => {
    padded.setUint8(index, byte);
  });
  let chained = key;
  for (let offset = 0; offset < padded.byteLength; offset += 8) {
    const low = padded.getUint32(offset, true);
    const high = padded.getUint32(offset + 4, true);
    const [first, second] = philox4x32([low, high, offset, (textTag | bytes.length) >>> 0], chained);
    chained = [first, second];
  }
  return chained;
}

/**
 * The key for a purpose, such as `foldKey(key, 'augment', epoch, index)`: independent of `key` and of the
 * keys for all other purposes.
 *
 * Purposes are folded in one after the other; each takes the first two words of Philox under the key so far.
 * An integer is the counter `[low, high, 0, 1]`. A string is cut into pieces of 8 UTF-8 bytes, the last one
 * filled up with zeros, each with the counter `[bytes 0-3, bytes 4-7, offset, 2^31 + length]`, little-endian;
 * each piece makes the key for the next. Draws use counters that end in 0, so no purpose meets a draw.
 *
 * @param purposes  strings, and integers from 0 to 2^53 - 1; their order counts
 * @throws OverparamError `invalid-key` for other numbers
 */
export function foldKey(key: Key, ...purposes: readonly (string | number)[]): Key {
  return purposes.reduce<Key>(
    (folded, purpose) =>
      typeof purpose === 'number' ? foldInteger(folded, purpose) : foldText(folded, purpose),
    key,
  );
}
