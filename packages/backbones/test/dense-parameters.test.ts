import { keyFromSeed } from '@overparam/engine';
import { type NetworkShape, type NetworkTask, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { layOut, type Plan } from '../src/assemble';
import { crossStitchPlan } from '../src/cross-stitch';
import { dilatedPlan } from '../src/dilated';
import { cgcPlan, dselectPlan, mmoePlan } from '../src/experts';
import { mtanPlan } from '../src/mtan';
import { dilatedResnetOptions } from '../src/options';
import { cgcOptions, dselectOptions, mmoeOptions } from '../src/options-experts';
import { segnetPlan } from '../src/segnet';
import { parameters } from './support';

const tasks: NetworkTask[] = [
  { name: 'segmentation', form: 'dense', outputs: 13 },
  { name: 'depth', form: 'dense', outputs: 1 },
  { name: 'normals', form: 'dense', outputs: 3, unitLength: true },
];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

function shapeOf(chosen: NetworkTask[]): NetworkShape {
  return { inputShape: [288, 384, 3], tasks: chosen, key: keyFromSeed(1) };
}

/** Trained numbers in all, in shared layers, and in each task's own. */
function counts(plan: (shape: NetworkShape) => Plan, chosen = tasks) {
  const { model, owner } = layOut(plan(shapeOf(chosen)), shapeOf(chosen));
  const of = (task: string | null) =>
    model.layers
      .filter((layer) => owner(layer.name) === task)
      .flatMap((layer) => layer.trainableWeights)
      .reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);
  return { all: parameters(model), shared: of(null), own: chosen.map(({ name }) => of(name)) };
}

describe('SegNet: the counts of the published code', () => {
  const plan = () => segnetPlan(64);

  // The published count, 25 055 188, has three weights of losses in it.
  test('split, without its three loss weights', () => {
    expect(counts(plan)).toEqual({
      all: 25_055_188 - 3,
      shared: 24_943_296,
      own: [37_773, 36_993, 37_123],
    });
  });

  test.each([
    [0, 24_981_069],
    [1, 24_980_289],
    [2, 24_980_419],
  ])('single task %i: %i', (index, count) => {
    const { all, shared } = counts(plan, [tasks[index]!]);
    expect([all, shared]).toEqual([count, 24_943_296]);
  });

  test('MTAN, without its three loss weights', () => {
    expect(counts((shape) => mtanPlan(shape, 64)).all).toBe(44_229_076 - 3);
  });

  // Three SegNets and nine units of 3x3 weights; the first 8 have all tasks behind them, the last one row each.
  test('cross-stitch: single-task networks and 81 weights', () => {
    const { all } = counts((shape) => crossStitchPlan(shape, 64, 0.9));
    expect(all).toBe(24_981_069 + 24_980_289 + 24_980_419 + 9 * 9);
  });
});

describe('dilated ResNet-50 with DeepLab heads', () => {
  const plan = () => dilatedPlan(parseOptions(dilatedResnetOptions));

  test('three heads: 71 888 721', () => {
    expect(counts(plan)).toEqual({
      all: 71_888_721,
      shared: 23_508_032,
      own: [16_128_781, 16_125_697, 16_126_211],
    });
  });

  test('a single task: trunk and head', () => {
    expect(counts(plan, [tasks[0]!]).all).toBe(23_508_032 + 16_128_781);
  });
});

describe('experts, each a trunk, and a gate for each task that sees every pixel', () => {
  const pixels = 288 * 384 * 3;
  const deep = 23_508_032;
  const heads = 16_128_781 + 16_125_697 + 16_126_211;
  // Counts of PyTorch: fixtures/count-parameters.py.
  test('MMoE with three dilated ResNet-50s', () => {
    const plan = (shape: NetworkShape) => mmoePlan(shape, parseOptions(mmoeOptions));
    const { all, shared } = counts(plan);
    expect([all, shared]).toEqual([121_890_778, 3 * deep]);
    expect(all).toBe(3 * deep + heads + 3 * (pixels + 1) * 3);
  });

  test('CGC with one shared expert and one of each task', () => {
    const plan = (shape: NetworkShape) => cgcPlan(shape, parseOptions(cgcOptions));
    const { all, shared, own } = counts(plan);
    expect([all, shared]).toEqual([144_403_479, deep]);
    expect(own[1]).toBe(deep + 16_125_697 + (pixels + 1) * 2);
  });

  test('DSelect-k: two selectors of two digits for four SegNets', () => {
    const of = (gate: 'image' | 'task') => (shape: NetworkShape) =>
      dselectPlan(shape, parseOptions(dselectOptions, { trunk: 'segnet', gate }));
    const segnets = 4 * 24_943_296 + 37_773 + 36_993 + 37_123;
    expect(counts(of('image')).all).toBe(segnets + 3 * (pixels + 1) * (2 * 2 + 2));
    expect(counts(of('task')).all).toBe(segnets + 3 * (2 * 2 + 2));
  });
});

test('at another width the counts follow the closed form of SegNet', () => {
  // Channels by level; a 3x3 convolution with bias and its norm have 9 a b + 3 b numbers.
  const trunk = (w: number) => {
    const [f1, f2, f3, f4, f5] = [w, 2 * w, 4 * w, 8 * w, 8 * w] as const;
    const unit = (a: number, b: number, times = 1) => times * (9 * a * b + 3 * b);
    const down =
      unit(3, f1) +
      unit(f1, f1) +
      unit(f1, f2) +
      unit(f2, f2) +
      unit(f2, f3) +
      unit(f3, f3, 2) +
      unit(f3, f4) +
      unit(f4, f4, 2) +
      unit(f4, f5) +
      unit(f5, f5, 2);
    const up =
      unit(f5, f4) +
      unit(f4, f4, 2) +
      unit(f4, f3) +
      unit(f3, f3, 2) +
      unit(f3, f2) +
      unit(f2, f2, 2) +
      unit(f2, f1) +
      unit(f1, f1) +
      unit(f1, f1, 2);
    return down + up;
  };
  expect(trunk(64)).toBe(24_943_296);
  for (const width of [16, 5]) expect(counts(() => segnetPlan(width)).shared).toBe(trunk(width));
});
