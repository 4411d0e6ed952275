import { readFileSync } from 'node:fs';
import { parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { layOut } from '../src/assemble';
import { mobilenetV2, plainnet, resnet, resnet18, resnet50, vggSmall } from '../src/index';
import { vgg16Options } from '../src/options-classic';
import { vgg16Plan } from '../src/vgg';
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

describe("PyTorch's counts, of fixtures/count-parameters.py", () => {
  const counts: Record<string, { parameters: number; multiplications: number }> = JSON.parse(
    readFileSync(new URL('./fixtures/counts.json', import.meta.url), 'utf8'),
  );
  const large = { inputShape: [224, 224, 3] as const, ...classes(1000) };

  test.each([
    ['resnet18 large 1000', resnet18, { stem: 'large' }, large, 11_689_512],
    ['resnet50 large 1000', resnet50, { stem: 'large' }, large, 25_557_032],
    ['vgg-small 10', vggSmall, {}, {}, 2_074_162],
    ['vgg-small 3 stages 100', vggSmall, { layers: [2, 2, 2], width: 32 }, classes(100), 300_356],
    ['mobilenet-v2 small 10', mobilenetV2, {}, {}, 2_236_682],
    ['mobilenet-v2 large 1000', mobilenetV2, { stem: 'large' }, large, 3_504_872],
    ['mobilenet-v2 large 1000 1.4', mobilenetV2, { stem: 'large', multiplier: 1.4 }, large, 6_108_776],
  ] as const)('%s', (name, backbone, options, change, published) => {
    const { model } = build(backbone, options, shapeOf(change));
    expect([parameters(model), counts[name]!.parameters]).toEqual([published, published]);
    expect(multiplications(model)).toBe(counts[name]!.multiplications);
    model.dispose();
  });

  // Laid out only: its weights are half a gigabyte.
  test.each([
    ['vgg16 1000', {}, 138_357_544],
    ['vgg16 norms 1000', { norms: true }, 138_365_992],
  ] as const)('%s', (name, options, published) => {
    const shape = shapeOf(large);
    const { model } = layOut(vgg16Plan(shape, parseOptions(vgg16Options, options)), shape);
    expect([parameters(model), counts[name]!.parameters]).toEqual([published, published]);
    expect(multiplications(model)).toBe(counts[name]!.multiplications);
    model.dispose();
  });

  test('the small VGG costs about as much as ResNet-20: within a tenth', () => {
    const ratio = counts['vgg-small 10']!.multiplications / counts['resnet 20 10']!.multiplications;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
  });
});

/** Of all convolutions and dense layers for one image. */
function multiplications(model: tf.LayersModel): number {
  return model.layers.reduce((sum, layer) => {
    const kernel = layer.weights.find(({ originalName }) => originalName.endsWith('kernel'));
    if (!kernel) return sum;
    const [, ...sides] = layer.outputShape as number[];
    const pixels = sides.length === 3 ? sides[0]! * sides[1]! : 1;
    return sum + pixels * tf.util.sizeFromShape(kernel.shape as number[]);
  }, 0);
}
