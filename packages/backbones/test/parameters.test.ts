import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { plainnet, resnet, resnet18, resnet50 } from '../src/index';
import { build, classes, parameters, shapeOf } from './support';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

/** He et al.'s table in closed form: w the width, n blocks a stage; a norm has 2 numbers a channel. */
function cifarCount(depth: number, w: number, outputs: number, projections: boolean): number {
  const n = (depth - 2) / 6;
  const stem = 27 * w + 2 * w;
  const square = (c: number) => 9 * c * c + 2 * c;
  const widening = (c: number) => 9 * c * 2 * c + 4 * c;
  const stages =
    2 * n * square(w) +
    widening(w) +
    (2 * n - 1) * square(2 * w) +
    widening(2 * w) +
    (2 * n - 1) * square(4 * w);
  const shortcuts = projections ? w * 2 * w + 4 * w + 2 * w * 4 * w + 8 * w : 0;
  return stem + stages + shortcuts + 4 * w * outputs + outputs;
}

describe('the published counts (in millions 0.27, 0.46, 0.66, 0.85 and 1.7) with 10 classes', () => {
  test.each([
    [20, 269_722],
    [32, 464_154],
    [44, 658_586],
    [56, 853_018],
    [110, 1_727_962],
  ])('depth %i: %i', (depth, count) => {
    expect(parameters(build(resnet, { depth }, shapeOf()).model)).toBe(count);
    expect(cifarCount(depth, 16, 10, false)).toBe(count);
  });
});

test.each([
  [8, 16, 100],
  [14, 3, 7],
  [26, 8, 10],
])('the counts of depth %i, width %i, %i classes follow the closed form', (depth, width, outputs) => {
  const shape = shapeOf(classes(outputs));
  const plain = cifarCount(depth, width, outputs, false);
  expect(parameters(build(resnet, { depth, width }, shape).model)).toBe(plain);
  expect(parameters(build(plainnet, { depth, width }, shape).model)).toBe(plain);
  expect(parameters(build(resnet, { depth, width, shortcut: 'B' }, shape).model)).toBe(
    cifarCount(depth, width, outputs, true),
  );
});

describe('ImageNet counts as torchvision states them, with stem and classifier exchanged', () => {
  // https://docs.pytorch.org/vision/stable/models/resnet.html: num_params of ResNet-18 and ResNet-50.
  const exchanged = (count: number, features: number, outputs: number) =>
    count - 7 * 7 * 3 * 64 + 3 * 3 * 3 * 64 - (features + 1) * 1000 + (features + 1) * outputs;

  test('ResNet-18', () => {
    const { model } = build(resnet18, {}, shapeOf(classes(100)));
    expect(parameters(model)).toBe(exchanged(11_689_512, 512, 100));
    expect(parameters(model)).toBe(11_220_132);
  });

  test('ResNet-50', () => {
    const { model } = build(resnet50, {}, shapeOf(classes(100)));
    expect(parameters(model)).toBe(exchanged(25_557_032, 2048, 100));
    expect(parameters(model)).toBe(23_705_252);
  });
});
