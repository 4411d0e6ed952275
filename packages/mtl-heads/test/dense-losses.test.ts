import { readFileSync } from 'node:fs';
import { compile, useEngine } from '@overparam/engine';
import type { DatasetTask, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { depth, normals, regression, type TaskOptions, taskFor } from '../src/index';
import { engines } from './engines';

interface Case extends TaskOptions {
  kind: DatasetTask['kind'];
  name: string;
  outputs?: number;
  shape: number[];
  labelShape: number[];
  prediction: number[];
  label: number[];
  loss: number;
  gradient: number[];
}

const fixture = new URL('./fixtures/dense-tasks.json', import.meta.url);
const cases: Case[] = JSON.parse(readFileSync(fixture, 'utf8')).losses;

function taskOf({ kind, labelShape, labelSmoothing, error, ...given }: Case): Task {
  const outputs = given.outputs ?? (labelShape.length === 2 ? labelShape[1]! : 1);
  const dtype = kind === 'segmentation' ? 'int32' : 'float32';
  const label = { shape: labelShape.slice(1), dtype } as const;
  return taskFor({ name: kind, kind, outputs, label }, { labelSmoothing, error, missing: -1 });
}

describe.each(engines)('on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each(cases)("loss and gradient are PyTorch's: $kind, $name", (given) => {
    const task = taskOf(given);
    const before = tf.memory().numTensors;
    const p = tf.tensor(given.prediction, given.shape);
    const g = tf.tensor(given.label, given.labelShape, task.label.dtype);
    const { value, grad } = tf.valueAndGrad((x) => task.loss(x, g))(p);
    expect(Math.abs(value.dataSync()[0]! - given.loss) / Math.max(1, given.loss)).toBeLessThan(1e-6);
    grad.dataSync().forEach((slope, i) => {
      expect(Math.abs(slope - given.gradient[i]!)).toBeLessThan(1e-6);
    });
    const count = task.validLabels(g);
    const missing = given.label.filter((label) => label === -1).length;
    if (given.kind === 'segmentation' || given.kind === 'regression') {
      expect(count.dataSync()[0]).toBe(given.label.length - missing);
    }
    tf.dispose([p, g, value, grad, count]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('losses are part of a compiled step, in whole images', () => {
    const size = [96, 128] as const;
    const task = depth({ name: 'depth', size });
    const step = compile((inputs) => {
      const { value, grad } = tf.valueAndGrad((x) => task.loss(x, inputs.label!))(inputs.x!);
      return { value, grad };
    });
    const label = tf.fill([2, ...size, 1], 0.1);
    const x = tf.fill([2, ...size, 1], 1.1);
    const { value, grad } = step({ x, label }) as { value: tf.Scalar; grad: tf.Tensor };
    // 24576 equal terms: a single float32 sum would lose the sixth digit.
    expect(Math.abs(value.dataSync()[0]! - 1)).toBeLessThan(1e-6);
    expect(grad.dataSync()[7]).toBeCloseTo(1 / (2 * 96 * 128), 10);
    step.dispose();
    tf.dispose([label, x, value, grad]);
  });
});

test('a known normal whose components cancel counts, and one of no length does not', () => {
  const task = normals({ name: 'normals', size: [1, 3] });
  const label = tf.tensor4d([0.6, -0.6, 0, 0, 0, 0, 0, 0, 1], [1, 1, 3, 3]);
  expect(task.validLabels(label).dataSync()[0]).toBe(2);
});

test('what does not fit is refused, with the head that is expected', () => {
  const wide = tf.zeros([1, 2, 2, 3]);
  const depths = depth({ name: 'depth', size: [2, 2] });
  expect(() => depths.loss(wide, tf.zeros([1, 2, 2, 1]))).toThrow(
    /\[depth\].*\[1,2,2,1\].*\[1,2,2,3\].*1 outputs/,
  );
  const label = { shape: [2, 2], dtype: 'int32' } as const;
  const classes = taskFor({ name: 'rooms', kind: 'segmentation', outputs: 5, label });
  expect(() => classes.loss(wide, tf.zeros([1, 2, 2], 'int32'))).toThrow(/\[rooms\].*5 outputs/);
  const flat = { shape: [], dtype: 'float32' } as const;
  expect(() => taskFor({ name: 'depth', kind: 'depth', outputs: 1, label: flat })).toThrow(
    /labels are images/,
  );
  const ages = taskFor({ name: 'age', kind: 'regression', outputs: 1, label: flat });
  expect(() => ages.loss(tf.zeros([4, 2]), tf.zeros([4]))).toThrow(/\[age\].*1 outputs/);
  expect(() =>
    taskFor({ name: 'age', kind: 'regression', outputs: 1, label: flat }, { missing: Number.NaN }),
  ).toThrow(/missing must be a finite number/);
  const pose = { shape: [4, 4], dtype: 'float32' } as const;
  expect(() => taskFor({ name: 'pose', kind: 'regression', outputs: 16, label: pose })).toThrow(
    /"pose".*16 outputs.*\[4,4\].*Declare 1.*labels of shape \[16\]/,
  );
  expect(() => regression({ name: 'pose', shape: [2, 2, 2, 2] })).toThrow(
    /\[pose\].*\[h, w, channels\].*2,2,2,2/,
  );
});
