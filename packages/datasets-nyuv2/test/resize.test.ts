import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resizeScene } from '../src/resize';
import type { Scene } from '../src/scene';
import reference from './fixtures/reference.json';
import { difference, noisyExample } from './support';

const floats = (text: string) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);

test('images are resized as PyTorch does it: area when smaller, bilinear at half-pixel centres when larger', () => {
  const scene: Scene = noisyExample(24, 36, 12);
  expect(difference(resizeScene(scene, 8, 12).image, floats(reference.resized.area))).toBeLessThan(1e-6);
  expect(difference(resizeScene(scene, 30, 47).image, floats(reference.resized.larger))).toBeLessThan(1e-5);
});

test('the same size is the same scene', () => {
  const scene: Scene = noisyExample(4, 5, 1);
  expect(resizeScene(scene, 4, 5)).toBe(scene);
});

test('labels and depth are those of the centre, at any size', () => {
  const scene: Scene = { ...noisyExample(9, 12, 2), depth: Float32Array.from({ length: 108 }, (_, i) => i) };
  expect([...resizeScene(scene, 3, 4).depth!]).toEqual([13, 16, 19, 22, 49, 52, 55, 58, 85, 88, 91, 94]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (height, width) => {
      const { depth, segmentation } = resizeScene(scene, height, width);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const at = depth![y * width + x]!;
          expect(Math.abs(Math.floor(at / 12) + 0.5 - ((y + 0.5) * 9) / height)).toBeLessThanOrEqual(0.5);
          expect(Math.abs((at % 12) + 0.5 - ((x + 0.5) * 12) / width)).toBeLessThanOrEqual(0.5);
          expect(segmentation![y * width + x]).toBe(scene.segmentation![at]);
        }
      }
    }),
  );
});

test('an even image stays even, whole shrinking keeps the mean; bytes count as 255ths', () => {
  const even: Scene = { ...noisyExample(7, 11, 3), image: new Uint8Array(231).fill(51) };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 25 }), (height, width) => {
      if (height === 7 && width === 11) return;
      expect(
        difference(resizeScene(even, height, width).image, new Float32Array(height * width * 3).fill(0.2)),
      ).toBeLessThan(1e-6);
    }),
  );
  const scene: Scene = noisyExample(10, 15, 4);
  const mean = (values: Iterable<number>) =>
    [...values].reduce((sum, value) => sum + value, 0) / [...values].length;
  expect(mean(resizeScene(scene, 4, 7).image)).toBeCloseTo(mean(scene.image), 5);
});

test('normals are averaged over valid pixels and stay unit vectors', () => {
  const normals = new Float32Array([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  const scene: Scene = { ...noisyExample(2, 4, 5), normals };
  const half = Math.SQRT1_2;
  // Left: (0,0,1) and (1,0,0) valid, two not. Right: only (0,0,1) and (0,1,0).
  const two = resizeScene(scene, 1, 2).normals!;
  expect(difference(two, [half, 0, half, 0, half, half])).toBeLessThan(1e-6);
  normals.fill(0, 3, 6);
  expect([...resizeScene(scene, 1, 2).normals!.slice(0, 3)]).toEqual([0, 0, 0]);
});

test('a missing label stays missing', () => {
  const scene: Scene = { ...noisyExample(4, 4, 6), segmentation: null, depth: null, normals: null };
  const { segmentation, depth, normals } = resizeScene(scene, 2, 2);
  expect([segmentation, depth, normals]).toEqual([null, null, null]);
});
