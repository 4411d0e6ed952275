import { createHash } from 'node:crypto';
import { foldKey, keyFromSeed } from '@overparam/engine';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { augment, drawCrop } from '../src/augment';
import { type Crop, cropScene } from '../src/crop';
import type { Augmentation } from '../src/index';
import reference from './fixtures/reference.json';
import { difference, noisyExample } from './support';

const published: Augmentation = {
  scaleCrop: true,
  scales: [1, 1.2, 1.5],
  flip: true,
  sideEffects: 'published',
};
const floats = (text: string) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
const bytes = (text: string) => new Int8Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
const every = <T extends Float32Array | Int8Array>(values: T, step: number) =>
  values.filter((_, i) => i % step === 0) as T;

describe('equals PyTorch:', () => {
  test.each(reference.cases)('$height x $width, scale $scale, mirrored $mirrored', (given) => {
    const { height, width, scale, step } = given;
    const example = noisyExample(height, width, given.seed);
    const crop: Crop = {
      top: given.top,
      left: given.left,
      height: Math.floor(height / scale),
      width: Math.floor(width / scale),
      scale,
      mirrored: given.mirrored,
      corrected: false,
    };
    const result = cropScene(example, crop);
    expect(difference(every(result.image, step), floats(given.image))).toBeLessThan(1e-6);
    expect(difference(every(result.depth, step), floats(given.depth))).toBeLessThan(1e-6);
    expect(difference(every(result.normals, step), floats(given.normals))).toBeLessThan(1e-6);
    expect(every(result.segmentation, step)).toEqual(bytes(given.segmentation));
    const valid = {
      segmentation: result.segmentation.filter((label) => label >= 0).length,
      depth: result.depth.filter((metres) => metres !== 0).length,
      normals: 0,
    };
    for (let i = 0; i < result.normals.length; i += 3) {
      if (result.normals[i] !== 0 || result.normals[i + 1] !== 0 || result.normals[i + 2] !== 0)
        valid.normals++;
    }
    expect(valid).toEqual(given.masks);
  });

  test.each(reference.nearest)('nearest to $to, scale $scale', ({ to, scale, sha256 }) => {
    const from = Math.floor(to / scale);
    const example = { ...noisyExample(1, to, 1), depth: Float32Array.from({ length: to }, (_, i) => i) };
    const crop = { top: 0, left: 0, height: 1, width: from, scale: 1, mirrored: false, corrected: false };
    const found = Uint16Array.from(cropScene(example, crop).depth);
    expect(createHash('sha256').update(new Uint8Array(found.buffer)).digest('hex')).toBe(sha256);
  });
});

test('is a pure function of example and key, and keeps the size', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      (seed, height, width) => {
        const example = noisyExample(height, width, seed);
        const before = structuredClone(example);
        const first = augment(example, keyFromSeed(seed), published);
        expect(augment(example, keyFromSeed(seed), published)).toEqual(first);
        expect(example).toEqual(before);
        expect(first.image).toHaveLength(3 * height * width);
        expect(first.image.every((value) => value >= 0 && value <= 1)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('scales, mirrorings and places come equally often, and reach both ends', () => {
  const counts = new Map<string, number>();
  const ends = { top: new Set<number>(), left: new Set<number>() };
  const draws = 6000;
  for (let i = 0; i < draws; i++) {
    const crop = drawCrop(12, 16, foldKey(keyFromSeed(5), i), published);
    const name = `${crop?.scale ?? 1} ${crop?.mirrored ?? false}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (crop?.scale !== 1.5) continue;
    expect([crop.height, crop.width]).toEqual([8, 10]);
    ends.top.add(crop.top);
    ends.left.add(crop.left);
  }
  expect([...ends.top].sort()).toEqual([0, 1, 2, 3, 4]);
  expect([...ends.left].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const expected = draws / 6;
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 5 degrees of freedom: above 20.5 with probability 0.001.
  expect(counts.size).toBe(6);
  expect(chiSquare).toBeLessThan(20.5);
});

test('can be switched off in parts', () => {
  const example = noisyExample(9, 12, 3);
  for (let i = 0; i < 20; i++) {
    const key = foldKey(keyFromSeed(1), i);
    expect(augment(example, key, { ...published, scaleCrop: false, flip: false })).toBe(example);
    expect(drawCrop(9, 12, key, { ...published, flip: false })?.mirrored ?? false).toBe(false);
    expect(drawCrop(9, 12, key, { ...published, scaleCrop: false })?.scale ?? 1).toBe(1);
  }
});

test('a mirror twice is the scene; depth is divided, x of the normals negated', () => {
  const example = noisyExample(5, 6, 9);
  const crop = { top: 0, left: 0, height: 5, width: 6, scale: 1, mirrored: true, corrected: false };
  const once = cropScene(example, crop);
  const twice = cropScene(once, crop);
  expect(difference(twice.normals, example.normals)).toBe(0);
  expect({ ...twice, normals: null }).toEqual({ ...example, normals: null });
  const last = example.width - 1;
  expect(once.normals[3 * last]! + example.normals[0]!).toBe(0);
  expect(once.normals[3 * last + 1]).toBe(example.normals[1]);
  expect(once.depth[last]).toBe(example.depth[0]);
});

test('corrected: normals are unit vectors of valid pixels, labels lie where the image does', () => {
  const [height, width] = [24, 32];
  const example = noisyExample(height, width, 4);
  // Image and depth tell the column, so that where each was read can be compared.
  for (let i = 0; i < height * width; i++) {
    example.image.fill((i % width) / width, 3 * i, 3 * i + 3);
    example.depth[i] = (i % width) + 1;
  }
  const crop = { top: 2, left: 3, height: 16, width: 21, scale: 1.5, mirrored: true, corrected: true };
  const result = cropScene(example, crop);
  let off = 0;
  let publishedOff = 0;
  const loose = cropScene(example, { ...crop, corrected: false });
  for (let i = 0; i < height * width; i++) {
    const [nx, ny, nz] = result.normals.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const length = Math.hypot(nx, ny, nz);
    expect(length === 0 || Math.abs(length - 1) < 1e-6).toBe(true);
    off = Math.max(off, Math.abs(result.depth[i]! * 1.5 - 1 - result.image[3 * i]! * width));
    publishedOff = Math.max(publishedOff, Math.abs(loose.depth[i]! * 1.5 - 1 - loose.image[3 * i]! * width));
  }
  expect(off).toBeLessThanOrEqual(0.5001);
  expect(publishedOff).toBeGreaterThan(0.9);
});
