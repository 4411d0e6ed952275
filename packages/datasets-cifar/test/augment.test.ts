import { foldKey, keyFromSeed, randomBits } from '@overparam/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { augment } from '../src/augment';

const image = (seed: number) =>
  Uint8Array.from(randomBits(keyFromSeed(seed), 3072), (word) => 1 + (word % 255));
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const paddings = fc.integer({ min: 0, max: 32 });

/** The image with a border of zeros, cropped and mirrored the plain way. */
function naive(
  source: Uint8Array,
  padding: number,
  top: number,
  left: number,
  mirrored: boolean,
): Uint8Array {
  const side = 32 + 2 * padding;
  const bordered = new Uint8Array(side * side * 3);
  for (let y = 0; y < 32; y++)
    for (let x = 0; x < 32; x++)
      for (let c = 0; c < 3; c++)
        bordered[((y + padding) * side + x + padding) * 3 + c] = source[(y * 32 + x) * 3 + c]!;
  const result = new Uint8Array(3072);
  for (let y = 0; y < 32; y++)
    for (let x = 0; x < 32; x++)
      for (let c = 0; c < 3; c++)
        result[(y * 32 + (mirrored ? 31 - x : x)) * 3 + c] = bordered[((y + top) * side + x + left) * 3 + c]!;
  return result;
}

/** Which crop and mirror gave this image: `[top, left, mirrored]`, or null. */
function explain(source: Uint8Array, result: Uint8Array, padding: number): [number, number, boolean] | null {
  for (const mirrored of [false, true])
    for (let top = 0; top <= 2 * padding; top++)
      for (let left = 0; left <= 2 * padding; left++)
        if (Buffer.compare(naive(source, padding, top, left, mirrored), result) === 0)
          return [top, left, mirrored];
  return null;
}

test('is a pure function of example and key', () => {
  fc.assert(
    fc.property(seeds, seeds, paddings, fc.boolean(), (pixels, key, padding, flip) => {
      const example = { image: image(pixels), label: 3 };
      const before = example.image.slice();
      const first = augment(example, keyFromSeed(key), { padding, flip });
      const second = augment(example, keyFromSeed(key), { padding, flip });
      expect(Buffer.compare(second.image, first.image)).toBe(0);
      expect(Buffer.compare(example.image, before)).toBe(0);
      expect(first.label).toBe(3);
      expect(first.image).not.toBe(example.image);
    }),
    { numRuns: 200 },
  );
});

test('is a crop of the image with a black border, mirrored or not', () => {
  fc.assert(
    fc.property(seeds, seeds, fc.integer({ min: 1, max: 4 }), (pixels, key, padding) => {
      const source = image(pixels);
      const result = augment({ image: source, label: 0 }, keyFromSeed(key), { padding, flip: true });
      expect(explain(source, result.image, padding)).not.toBeNull();
    }),
    { numRuns: 40 },
  );
});

test('every crop and both mirrorings come equally often', () => {
  const source = image(5);
  const all = new Map<string, string>();
  for (const mirrored of [false, true])
    for (let top = 0; top <= 4; top++)
      for (let left = 0; left <= 4; left++)
        all.set(
          Buffer.from(naive(source, 2, top, left, mirrored)).toString('base64'),
          `${top} ${left} ${mirrored}`,
        );
  const counts = new Map<string, number>();
  const draws = 10_000;
  for (let i = 0; i < draws; i++) {
    const result = augment({ image: source, label: 0 }, foldKey(keyFromSeed(9), i), {
      padding: 2,
      flip: true,
    });
    const name = all.get(Buffer.from(result.image).toString('base64'))!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(counts.size).toBe(50);
  const expected = draws / 50;
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 49 degrees of freedom: above 85.4 with probability 0.001.
  expect(chiSquare).toBeLessThan(85.4);
});

test('without flip nothing is mirrored, without padding nothing moves', () => {
  const source = image(6);
  const mirrored = naive(source, 0, 0, 0, true);
  const seen = new Set<string>();
  for (let i = 0; i < 64; i++) {
    const key = foldKey(keyFromSeed(1), i);
    const crop = augment({ image: source, label: 0 }, key, { padding: 1, flip: false });
    expect(explain(source, crop.image, 1)![2]).toBe(false);
    const flip = augment({ image: source, label: 0 }, key, { padding: 0, flip: true });
    expect([source, mirrored]).toContainEqual(flip.image);
    seen.add(Buffer.from(flip.image).toString('base64'));
    expect(augment({ image: source, label: 0 }, key, { padding: 0, flip: false }).image).toEqual(source);
  }
  expect(seen.size).toBe(2);
});
