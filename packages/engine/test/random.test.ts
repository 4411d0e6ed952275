import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  foldKey,
  keyFromSeed,
  normalTensor,
  permutation,
  philox4x32,
  randomBits,
  randomInteger,
  randomNormal,
  randomUniform,
  uniformTensor,
} from '../src/index';

const word = fc.nat(0xffffffff);
const anyKey = fc.tuple(word, word);
const hex = (words: Iterable<number>) => [...words].map((value) => value.toString(16).padStart(8, '0'));

describe('Philox 4x32-10', () => {
  // Known answers of Random123, https://github.com/DEShawResearch/random123, tests/kat_vectors.
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('counter %j, key %j', (counter, key, expected) => {
    expect(hex(philox4x32(counter, key)).join(' ')).toBe(expected);
  });

  test('agrees with products in big integers', () => {
    const product = (a: bigint, b: number): [number, number] => [
      Number((a * BigInt(b)) >> 32n),
      Number((a * BigInt(b)) & 0xffffffffn),
    ];
    fc.assert(
      fc.property(word, word, word, word, word, word, (c0, c1, c2, c3, k0, k1) => {
        let x = [c0, c1, c2, c3];
        let key = [k0, k1];
        for (let round = 0; round < 10; round++) {
          const [high0, low0] = product(0xd2511f53n, x[0]!);
          const [high1, low1] = product(0xcd9e8d57n, x[2]!);
          x = [(high1 ^ x[1]! ^ key[0]!) >>> 0, low1, (high0 ^ x[3]! ^ key[1]!) >>> 0, low0];
          key = [(key[0]! + 0x9e3779b9) % 2 ** 32, (key[1]! + 0xbb67ae85) % 2 ** 32];
        }
        expect(philox4x32([c0, c1, c2, c3], [k0, k1])).toEqual(x);
      }),
      { numRuns: 200 },
    );
  });
});

describe('keys', () => {
  test('a seed is its low and high 32 bits, as a number or as a string', () => {
    expect(keyFromSeed(5)).toEqual([5, 0]);
    expect(keyFromSeed(2 ** 32 + 7)).toEqual([7, 1]);
    expect(keyFromSeed('4294967303')).toEqual([7, 1]);
    expect(keyFromSeed('18446744073709551615')).toEqual([0xffffffff, 0xffffffff]);
  });

  test.each([-1, 0.5, 2 ** 54, Number.NaN, '18446744073709551616', '1e3', '-4', ''])(
    'refuses the seed %j',
    (seed) => {
      expect(() => keyFromSeed(seed)).toThrow(expect.objectContaining({ code: 'invalid-seed' }));
    },
  );

  test('folds as documented', () => {
    const key = keyFromSeed(42);
    expect(foldKey(key, 3)).toEqual(philox4x32([3, 0, 0, 1], key).slice(0, 2));
    const first = philox4x32([0x6f747561, 0x656d6167, 0, 0x80000009], key).slice(0, 2) as [number, number];
    expect(foldKey(key, 'autogamex')).toEqual(philox4x32([0x78, 0, 8, 0x80000009], first).slice(0, 2));
    expect(foldKey(key, 'augment', 2, 9)).toEqual(foldKey(foldKey(foldKey(key, 'augment'), 2), 9));
    expect(foldKey(key)).toEqual(key);
  });

  test('different purposes give different keys', () => {
    const purposes: (string | number)[][] = [
      ['a'],
      ['a\0'],
      ['b'],
      [''],
      [0],
      [1],
      ['0'],
      [0, 1],
      [1, 0],
      ['a', 'b'],
      ['ab'],
      [2 ** 40],
    ];
    const keys = purposes.map((purpose) => foldKey([1, 2], ...purpose).join());
    expect(new Set(keys).size).toBe(purposes.length);
  });

  test('refuses purposes that are no whole numbers', () => {
    expect(() => foldKey([0, 0], 0.5)).toThrow(expect.objectContaining({ code: 'invalid-key' }));
    expect(() => foldKey([0, 0], -1)).toThrow(expect.objectContaining({ code: 'invalid-key' }));
  });
});

describe('draws', () => {
  test('words are the blocks of the counter', () => {
    const key = [11, 12] as const;
    expect([...randomBits(key, 7)]).toEqual([
      ...philox4x32([0, 0, 0, 0], key),
      ...philox4x32([1, 0, 0, 0], key).slice(0, 3),
    ]);
  });

  test('a shorter draw is the beginning of a longer one', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(20), fc.nat(20), (key, short, more) => {
        for (const draw of [randomBits, randomUniform, randomNormal]) {
          expect([...draw(key, short)]).toEqual([...draw(key, short + more).subarray(0, short)]);
        }
      }),
    );
  });

  test('uniforms are the upper 24 bits, the same on every machine', () => {
    const key = keyFromSeed(1);
    const bits = randomBits(key, 1000);
    randomUniform(key, 1000).forEach((value, index) => {
      expect(value * 2 ** 24).toBe(bits[index]! >>> 8);
    });
  });

  test('moments and tails of the normal', () => {
    const values = randomNormal(keyFromSeed(3), 200_000);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(moment(2)).toBeCloseTo(1, 1.7);
    expect(Math.abs(moment(3))).toBeLessThan(0.05);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
    const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.002);
  });

  test('Box-Muller by hand', () => {
    const [first, second] = randomBits([5, 6], 2);
    const radius = Math.sqrt(-2 * Math.log((first! + 0.5) / 2 ** 32));
    expect(randomNormal([5, 6], 1)[0]).toBeCloseTo(radius * Math.cos((2 * Math.PI * second!) / 2 ** 32), 6);
  });

  test('integers are below their bound and evenly spread', () => {
    const counts = new Array(6).fill(0);
    for (let index = 0; index < 12_000; index++) counts[randomInteger(foldKey([9, 9], index), 6)]++;
    // 5 degrees of freedom; 20.5 is the 99.9th percentile.
    expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(20.5);
    expect(randomInteger([1, 1], 1)).toBe(0);
    expect(() => randomInteger([1, 1], 0)).toThrow(expect.objectContaining({ code: 'invalid-bound' }));
  });

  test('words past the last whole run of the bound are drawn again', () => {
    const bound = 2 ** 31 + 1;
    fc.assert(
      fc.property(anyKey, (key) => {
        const accepted = [...randomBits(key, 64)].find((value) => value < bound)!;
        expect(randomInteger(key, bound)).toBe(accepted);
      }),
    );
  });

  test('a permutation holds every index once, and all orders of three come equally often', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(200), (key, n) => {
        expect([...permutation(key, n)].sort((a, b) => a - b)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        );
      }),
    );
    const counts = new Map<string, number>();
    for (let index = 0; index < 6000; index++) {
      const order = permutation(foldKey([4, 4], index), 3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(
      20.5,
    );
  });

  test('tensors hold the draws, and nothing else is left', () => {
    const before = tf.memory().numTensors;
    const key = keyFromSeed(8);
    const uniform = uniformTensor(key, [2, 3], -1, 3);
    const normal = normalTensor(key, [3, 2], 10, 0.5);
    expect(uniform.shape).toEqual([2, 3]);
    expect([...uniform.dataSync()]).toEqual(
      [...randomUniform(key, 6)].map((value) => Math.fround(-1 + 4 * value)),
    );
    expect([...normal.dataSync()]).toEqual(
      [...randomNormal(key, 6)].map((value) => Math.fround(10 + 0.5 * value)),
    );
    tf.dispose([uniform, normal]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
