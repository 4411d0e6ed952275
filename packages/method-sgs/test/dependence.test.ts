import { expect, test } from 'vitest';
import type { Channels } from '../src/channels';
import { meanDependence } from '../src/dependence';
import { normalisedInformation } from '../src/information';

const pairs = (pixels: number[], neighbours: number[]) => ({
  count: pixels.length,
  pixels: Float32Array.from(pixels),
  neighbours: Float32Array.from(neighbours),
});

test('one that follows from the other shares all its information, of any scale', () => {
  expect(normalisedInformation(pairs([0, 1, 2, 3], [10, 30, 50, 70]), false)).toBeCloseTo(1, 12);
});

test('values that are independent share none', () => {
  expect(normalisedInformation(pairs([0, 0, 1, 1], [0, 1, 0, 1]), false)).toBeCloseTo(0, 12);
});

test('a hand-made table: three of four agree', () => {
  // Bins 0 and 2 of 3; joint 2/4, 1/4, 1/4: H(X) = ln 4 / 4 + 3/4 ln(4/3) on the side with three of one value.
  const h = (...shares: number[]) => -shares.reduce((sum, share) => sum + share * Math.log(share), 0);
  const wanted = (h(0.75, 0.25) + h(0.5, 0.5) - h(0.5, 0.25, 0.25)) / h(0.5, 0.25, 0.25);
  expect(normalisedInformation(pairs([0, 0, 0, 1], [0, 0, 1, 1]), false)).toBeCloseTo(wanted, 12);
});

test('what is constant says nothing, and neither does an empty list', () => {
  expect(normalisedInformation(pairs([1, 1, 1], [1, 2, 3]), false)).toBeNull();
  expect(normalisedInformation(pairs([], []), false)).toBeNull();
});

/** One image of one channel. */
const image = (height: number, width: number, value: (row: number, column: number) => number): Channels => ({
  data: Float32Array.from({ length: height * width }, (_, at) => value(Math.floor(at / width), at % width)),
  channels: 1,
  images: 1,
  height,
  width,
});

const common = { size: [3, 3], dilation: [1, 1], k: 1, zeros: 'keep' } as const;

test('images whose columns are constant: a pixel says all about its column, as much on both sides', () => {
  const noise = (column: number) => ((column * 7919) % 31) / 31;
  const found = meanDependence([image(16, 64, (_, column) => noise(column))], common)!;
  expect(found[4]).toBe(1);
  expect(found[1]).toBeCloseTo(1, 12);
  expect(found[3]).toBeLessThan(0.9);
  expect(found).toEqual([...found].reverse());
});

test('k raises what lies between nothing and all', () => {
  const noise = image(32, 32, (row, column) => Math.sin(12.9898 * row + 78.233 * column * column));
  const [plain, raised] = [1, 5].map((k) => meanDependence([noise], { ...common, k })![0]!);
  expect(raised).toBeCloseTo((5 * plain!) / (4 * plain! + 1), 12);
});

test('neighbours of a dilated kernel are as far apart as its taps', () => {
  const checkered = image(32, 32, (row) => row % 2);
  const shifted = image(32, 32, (row) => Math.floor(row / 2) % 2);
  const near = meanDependence([shifted], common)![1]!;
  const far = meanDependence([shifted], { ...common, dilation: [2, 2] })![1]!;
  expect(meanDependence([checkered], common)![1]).toBeCloseTo(1, 12);
  expect(near).toBeLessThan(0.1);
  expect(far).toBeCloseTo(1, 12);
});

test('a dead channel leaves no mask; beside another it is left out, and counts as 0 where zeros are dropped', () => {
  const dead = image(16, 16, () => 0);
  expect(meanDependence([dead], common)).toBeNull();
  const live = image(16, 16, (row, column) => 1 + ((row * 5 + column * 3) % 11));
  const data = new Float32Array(512);
  data.set(live.data);
  const both = { ...live, channels: 2, data };
  expect(meanDependence([both], common)).toEqual(meanDependence([live], common));
  const dropped = { ...common, zeros: 'drop' } as const;
  expect(meanDependence([both], dropped)![0]).toBeCloseTo(meanDependence([live], dropped)![0]! / 2, 12);
});
