import { readFileSync } from 'node:fs';
import { keyFromSeed, randomNormal } from '@overparam/engine';
import type { MetricAccumulator, Task } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { type AbsentClass, depth, type MetricMode, normals, regression, segmentation } from '../src/index';

type Figures = Record<string, number>;
interface Batches {
  batches: { prediction: number[]; label: number[]; examples: number }[];
}

const fixture = new URL('./fixtures/dense-tasks.json', import.meta.url);
const { metrics } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  metrics: {
    segmentation: Batches & {
      expected: {
        mIoU: Record<AbsentClass, number | null>;
        pixelAccuracy: number;
        confusionMatrix: number[][];
        classIoU: (number | null)[];
      };
    };
    depth: Batches & { expected: Record<MetricMode, Figures> };
    normals: Batches & { expected: Record<MetricMode, Figures> };
  };
};

function measured(task: Task, { batches }: Batches): MetricAccumulator {
  const accumulator = task.accumulator();
  const LabelArray = task.label.dtype === 'int32' ? Int32Array : Float32Array;
  for (const { prediction, label, examples } of batches) {
    accumulator.add(Float32Array.from(prediction), LabelArray.from(label), examples);
  }
  return accumulator;
}

/** null stands for NaN. */
function expectFigure(found: number, expected: number | null): void {
  if (expected === null) expect(found).toBeNaN();
  else expect(found).toBeCloseTo(expected, 9);
}

const size = [5, 6] as const;

test.each(['skip', 'nan', 'zero'] as const)(
  "IoU and accuracy are NumPy's, absent classes: %s",
  (absentClass) => {
    const { expected } = metrics.segmentation;
    const task = segmentation({ name: 'segmentation', classes: 13, size, absentClass });
    const accumulator = measured(task, metrics.segmentation);
    const { mIoU, pixelAccuracy } = accumulator.result();
    expectFigure(mIoU!, expected.mIoU[absentClass]);
    expect(pixelAccuracy).toBeCloseTo(expected.pixelAccuracy, 9);
    const { confusionMatrix, classIoU } = accumulator.details!();
    expect(confusionMatrix).toEqual(expected.confusionMatrix);
    // Class 11 is predicted without labels, class 12 neither.
    expect(classIoU![11]).toBe(0);
    expect(classIoU![12]).toBeNaN();
    expected.classIoU.forEach((value, own) => {
      expectFigure(classIoU![own] as number, value);
    });
  },
);

test('the three ways with absent classes differ', () => {
  const { skip, nan, zero } = metrics.segmentation.expected.mIoU;
  expect(nan).toBeNull();
  expect(skip!).toBeGreaterThan(zero!);
});

test.each(['split', 'batchMean'] as const)("depth errors are NumPy's: %s", (metricMode) => {
  const found = measured(depth({ name: 'depth', size, metricMode }), metrics.depth).result();
  const expected = metrics.depth.expected[metricMode];
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) expect(found[name]).toBeCloseTo(value, 12);
});

test.each(['split', 'batchMean'] as const)("angles are NumPy's: %s", (metricMode) => {
  const task = normals({ name: 'normals', size, metricMode });
  const found = measured(task, metrics.normals).result();
  const expected = metrics.normals.expected[metricMode];
  expect(Object.keys(found)).toEqual(task.metrics.map(({ name }) => name));
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) expect(found[name]).toBeCloseTo(value, 8);
});

test('split and batch mean differ on these batches', () => {
  for (const { split, batchMean } of [metrics.depth.expected, metrics.normals.expected]) {
    for (const name of Object.keys(split)) {
      expect(Math.abs(split[name]! - batchMean[name]!)).toBeGreaterThan(1e-4);
    }
  }
});

test('a prediction of the labels themselves is right, and labels count as they are, whatever their length', () => {
  const drawn = randomNormal(keyFromSeed(8), 3 * 30);
  const unit = drawn.map((value, i) => {
    const at = i - (i % 3);
    return value / Math.hypot(drawn[at]!, drawn[at + 1]!, drawn[at + 2]!);
  });
  const angleTo = (label: Float32Array, prediction: Float32Array) => {
    const accumulator = normals({ name: 'normals', size }).accumulator();
    accumulator.add(prediction, label, 1);
    return accumulator.result();
  };
  const longer = unit.map((value) => 7 * value);
  for (const prediction of [unit, longer]) {
    const { meanAngle, medianAngle, 'within11.25': within } = angleTo(unit, prediction);
    expect([meanAngle! < 0.01, medianAngle! < 0.01, within]).toEqual([true, true, 100]);
  }
  // As published: p . g / |p| is 0.9 where g is shorter, so that a dataset has to bring its labels to unit length.
  const shortened = unit.map((value) => 0.9 * value);
  expect(angleTo(shortened, unit).meanAngle).toBeCloseTo((Math.acos(0.9) * 180) / Math.PI, 4);
});

test('the median of a million angles is that of the sorted angles within 0.001 degrees', () => {
  const pixels = 2 ** 20;
  const prediction = randomNormal(keyFromSeed(1), 3 * pixels);
  const noise = randomNormal(keyFromSeed(2), 3 * pixels);
  const label = prediction.map((value, i) => value + 0.2 * noise[i]!);
  for (let at = 0; at < label.length; at += 3) {
    const length = Math.hypot(label[at]!, label[at + 1]!, label[at + 2]!);
    for (let k = at; k < at + 3; k++) label[k] = label[k]! / length;
  }
  const accumulator = normals({ name: 'normals', size: [1024, 1024] }).accumulator();
  const angles = new Float64Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [x, y, z] = prediction.subarray(3 * pixel, 3 * pixel + 3);
    const [u, v, w] = label.subarray(3 * pixel, 3 * pixel + 3);
    const cosine = (x! * u! + y! * v! + z! * w!) / Math.hypot(x!, y!, z!);
    angles[pixel] = (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  }
  for (let part = 0; part < 4; part++) {
    const range = [(part * 3 * pixels) / 4, ((part + 1) * 3 * pixels) / 4] as const;
    accumulator.add(prediction.subarray(...range), label.subarray(...range), 1);
  }
  const sorted = angles.sort();
  const exact = (sorted[pixels / 2 - 1]! + sorted[pixels / 2]!) / 2;
  const { medianAngle, meanAngle } = accumulator.result();
  expect(Math.abs(medianAngle! - exact)).toBeLessThan(0.001);
  expect(Math.abs(meanAngle! - exact)).toBeGreaterThan(0.1);
});

test('a prediction of no length is 90 degrees off, and NaN shows', () => {
  const task = normals({ name: 'normals', size: [1, 2] });
  const label = Float32Array.of(0, 0, 1, 0, 1, 0);
  const still = task.accumulator();
  still.add(new Float32Array(6), label, 1);
  expect(still.result().meanAngle).toBeCloseTo(90, 12);
  const broken = task.accumulator();
  broken.add(Float32Array.of(0, 0, 1, Number.NaN, 0, 0), label, 1);
  expect(broken.result().medianAngle).toBeNaN();
  expect(broken.result().meanAngle).toBeNaN();
  expect(broken.result().within30).toBe(50);
});

test('a NaN logit is never right', () => {
  const accumulator = segmentation({ name: 'rooms', classes: 2, size: [1, 2] }).accumulator();
  accumulator.add(Float32Array.of(1, Number.NaN, 2, 1), Int32Array.of(0, 0), 1);
  expect(accumulator.result()).toEqual({ mIoU: 50, pixelAccuracy: 50 });
});

test('without a valid pixel every figure is NaN', () => {
  const tasks: [Task, Float32Array | Int32Array][] = [
    [segmentation({ name: 'rooms', classes: 2, size: [1, 1] }), Int32Array.of(-1)],
    [depth({ name: 'depth', size: [1, 1] }), Float32Array.of(0)],
    [normals({ name: 'normals', size: [1, 1] }), Float32Array.of(0, 0, 0)],
    [normals({ name: 'normals', size: [1, 1], metricMode: 'batchMean' }), Float32Array.of(0, 0, 0)],
    [regression({ name: 'age', shape: [], missing: -1 }), Float32Array.of(-1)],
  ];
  for (const [task, label] of tasks) {
    const accumulator = task.accumulator();
    accumulator.add(new Float32Array(task.outputs).fill(1), label, 1);
    const found = Object.values(accumulator.result());
    expect(found).toEqual(found.map(() => Number.NaN));
  }
});

test('regression reports mean and root mean square error, without missing labels', () => {
  const accumulator = regression({ name: 'age', shape: [], missing: -1, unit: 'years' }).accumulator();
  accumulator.add(Float32Array.of(10, 20, 30), Float32Array.of(13, 16, -1), 3);
  expect(accumulator.result()).toEqual({ absoluteError: 3.5, rootMeanSquareError: Math.sqrt(12.5) });
});

test('what does not fit is refused', () => {
  const rooms = segmentation({ name: 'rooms', classes: 2, size: [1, 1] });
  expect(() => rooms.accumulator().add(Float32Array.of(1), Int32Array.of(0), 1)).toThrow(
    /\[rooms\].*2 logits; got 1/,
  );
  expect(() => rooms.accumulator().add(Float32Array.of(1, 0), Int32Array.of(2), 1)).toThrow(
    /label 2 of pixel 0/,
  );
  const depths = depth({ name: 'depth', size: [1, 1] });
  expect(() => depths.accumulator().add(Float32Array.of(1, 2), Float32Array.of(1), 1)).toThrow(/got 2 and 1/);
  expect(() => segmentation({ name: 'rooms', classes: 1, size: [1, 1] })).toThrow(/\[rooms\] classes/);
});
