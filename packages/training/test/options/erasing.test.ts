import { foldKey, keyFromSeed } from '@overparam/engine';
import { expect, test } from 'vitest';
import { type Erasing, eraseFrom } from '../../src/erasing';

const shape = [20, 30, 2] as const;
const key = keyFromSeed(3);

/** Which pixels of an image of ones are changed, by row and column; both channels must be alike. */
function erased(erasing: Erasing, index: number) {
  const image = new Float32Array(20 * 30 * 2).fill(1);
  eraseFrom(image, shape, erasing, foldKey(key, index));
  const again = new Float32Array(20 * 30 * 2).fill(1);
  eraseFrom(again, shape, erasing, foldKey(key, index));
  expect(again).toEqual(image);
  const changed: [number, number][] = [];
  for (let pixel = 0; pixel < 600; pixel++) {
    const both = [image[2 * pixel] !== 1, image[2 * pixel + 1] !== 1];
    expect(both[0]).toBe(both[1]);
    if (both[0]) changed.push([Math.floor(pixel / 30), pixel % 30]);
  }
  return { image, changed };
}

/** Top, left, height and width of what must be a whole rectangle. */
function rectangleOf(changed: readonly (readonly [number, number])[]) {
  const [rows, columns] = [changed.map(([row]) => row), changed.map(([, column]) => column)];
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  const [height, width] = [Math.max(...rows) - top + 1, Math.max(...columns) - left + 1];
  expect(changed).toHaveLength(height * width);
  return { top, left, height, width };
}

test('cutout zeroes a square about any pixel, cut off at the edges', () => {
  const centres = new Set<string>();
  let cut = 0;
  for (let index = 0; index < 400; index++) {
    const { image, changed } = erased({ by: 'cutout', size: 6 }, index);
    const { top, left, height, width } = rectangleOf(changed);
    expect(changed.every(([row, column]) => image[2 * (row * 30 + column)] === 0)).toBe(true);
    for (const [from, side, most] of [
      [top, height, 20],
      [left, width, 30],
    ] as const) {
      // Whole, or ended by an edge.
      expect(side === 6 || from === 0 || from + side === most).toBe(true);
      expect(side).toBeGreaterThanOrEqual(3);
    }
    cut += Number(height < 6 || width < 6);
    centres.add(`${top}/${left}`);
  }
  expect(centres.size).toBeGreaterThan(150);
  // About 6 of 20 rows and 6 of 30 columns are too near to an edge: 1 - (14 / 20) (24 / 30) = 0.44, roughly.
  expect(cut / 400).toBeGreaterThan(0.25);
  expect(cut / 400).toBeLessThan(0.55);
});

test('random erasing takes a share of images, areas and forms within its limits, and fills them', () => {
  const erasing: Erasing = { by: 'random', probability: 0.5, area: [0.05, 0.2], aspect: 0.4, fill: 'noise' };
  let images = 0;
  const values: number[] = [];
  for (let index = 0; index < 600; index++) {
    const { image, changed } = erased(erasing, index);
    if (changed.length === 0) continue;
    images++;
    const { height, width } = rectangleOf(changed);
    // Sides are rounded: half a pixel each.
    expect((height + 0.5) * (width + 0.5)).toBeGreaterThan(0.05 * 600);
    expect((height - 0.5) * (width - 0.5)).toBeLessThan(0.2 * 600);
    expect((height + 0.5) / (width - 0.5)).toBeGreaterThan(0.4);
    expect((height - 0.5) / (width + 0.5)).toBeLessThan(1 / 0.4);
    for (const [row, column] of changed) values.push(image[2 * (row * 30 + column)]!);
  }
  expect(Math.abs(images / 600 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 600));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.05);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  const { image, changed } = erased({ ...erasing, probability: 1, fill: 'zero' }, 1);
  expect(changed.every(([row, column]) => image[2 * (row * 30 + column)] === 0)).toBe(true);
});

test('areas that never fit leave an image as it is', () => {
  expect(
    erased({ by: 'random', probability: 1, area: [0.99, 0.99], aspect: 0.1, fill: 'zero' }, 1).changed,
  ).toEqual([]);
});
