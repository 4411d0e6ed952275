import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { type Key, writeBlock } from './philox';

/**
 * Random words: block `i` is Philox of the counter `[i mod 2^32, i / 2^32, 0, 0]`. A shorter draw is the
 * beginning of a longer one.
 *
 * @param count  how many
 */
export function randomBits(key: Key, count: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  for (let block = 0; block * 4 < count; block++) {
    writeBlock([block >>> 0, Math.floor(block / 2 ** 32), 0, 0], key, words, block * 4);
  }
  return words.subarray(0, count);
}

/** Float32 numbers in [0, 1): the upper 24 bits of each word, so the same bits on every machine. */
export function randomUniform(key: Key, count: number): Float32Array {
  return Float32Array.from(randomBits(key, count), (word) => (word >>> 8) / 2 ** 24);
}

/**
 * Standard normal numbers: Box-Muller on pairs of words in doubles, rounded to float32. The same on every
 * machine up to the rounding of its logarithm and cosine. Magnitudes stay below 6.8.
 */
export function randomNormal(key: Key, count: number): Float32Array {
  const words = randomBits(key, count + (count % 2));
  const values = new Float32Array(words.length);
  for (let index = 0; index < words.length; index += 2) {
    // Half a unit keeps the logarithm's argument above zero.
    const radius = Math.sqrt(-2 * Math.log((words[index]! + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * words[index + 1]!) / 2 ** 32;
    values[index] = radius * Math.cos(angle);
    values[index + 1] = radius * Math.sin(angle);
  }
  return values.subarray(0, count);
}

/** Draws integers one after the other from one key. */
function integers(key: Key): (bound: number) => number {
  const words = new Uint32Array(4);
  let used = 0;
  return (bound) => {
    // Words from the incomplete last run of `bound` would favour small results: draw again.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      if (used % 4 === 0) writeBlock([used / 4, 0, 0, 0], key, words, 0);
      const word = words[used++ % 4]!;
      if (word < limit) return word % bound;
    }
  };
}

/**
 * An integer from 0 to `bound - 1`, all equally likely.
 *
 * @param bound  an integer from 1 to 2^32
 * @throws OverparamError `invalid-bound`
 */
export function randomInteger(key: Key, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new OverparamError(
      'invalid-bound',
      `randomInteger expects a bound that is an integer from 1 to 2^32; got ${bound}. Results go from 0 to bound - 1.`,
    );
  }
  return integers(key)(bound);
}

/** The integers from 0 to `n - 1` in random order (Fisher-Yates), all orders equally likely. */
export function permutation(key: Key, n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, index) => index);
  const draw = integers(key);
  for (let last = n - 1; last > 0; last--) {
    const other = draw(last + 1);
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}

function tensorOf(
  values: Float32Array,
  shape: readonly number[],
  change: (value: number) => number,
): tf.Tensor {
  return tf.tensor(values.map(change), [...shape], 'float32');
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** A float32 tensor, uniform from `low` up to `high`; rounding can give `high` itself. The caller disposes. */
export function uniformTensor(key: Key, shape: readonly number[], low: number, high: number): tf.Tensor {
  return tensorOf(randomUniform(key, sizeOf(shape)), shape, (value) => low + (high - low) * value);
}

/** A float32 tensor of normal numbers. The caller disposes. */
export function normalTensor(key: Key, shape: readonly number[], mean: number, deviation: number): tf.Tensor {
  return tensorOf(randomNormal(key, sizeOf(shape)), shape, (value) => mean + deviation * value);
}
