import { readFileSync } from 'node:fs';
import { isOverparamError } from '@overparam/errors';
import { expect, test } from 'vitest';
import { classification, taskFor } from '../src/index';

const cases: {
  name: string;
  classes: number;
  logits: number[];
  labels: number[];
  errors: Record<string, number>;
}[] = JSON.parse(readFileSync(new URL('./fixtures/cross-entropy.json', import.meta.url), 'utf8'));

function errorsOf(classes: number, logits: number[], labels: number[]) {
  const accumulator = classification({ name: 'digits', classes }).accumulator();
  accumulator.add(Float32Array.from(logits), Int32Array.from(labels), labels.length);
  return accumulator.result();
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isOverparamError(error)) return error.code;
    throw error;
  }
  return 'no error';
}

test.each(cases)("top-1 and top-5 errors are PyTorch's: $name", ({ classes, logits, labels, errors }) => {
  const found = errorsOf(classes, logits, labels);
  expect(Object.keys(found)).toEqual(Object.keys(errors));
  for (const [name, value] of Object.entries(errors)) expect(found[name]).toBeCloseTo(value, 10);
});

test('errors accumulate over batches of different sizes', () => {
  const accumulator = classification({ name: 'digits', classes: 2 }).accumulator();
  accumulator.add(Float32Array.of(1, 0, 0, 1, 1, 0), Int32Array.of(0, 1, 1), 3);
  accumulator.add(Float32Array.of(0, 1), Int32Array.of(1), 1);
  expect(accumulator.result()).toEqual({ top1Error: 25 });
});

test('ties go to the lower class, and NaN is never right', () => {
  expect(errorsOf(3, [1, 1, 0, 1, 1, 0], [0, 1])).toEqual({ top1Error: 50 });
  expect(errorsOf(2, [Number.NaN, 0, 0, Number.NaN], [0, 0])).toEqual({ top1Error: 100 });
});

test('without a valid label the errors are NaN', () => {
  expect(errorsOf(2, [1, 0], [-1])).toEqual({ top1Error: Number.NaN });
});

test('what does not fit is refused', () => {
  expect(codeOf(() => errorsOf(2, [1, 0, 3], [0]))).toBe('shape-mismatch');
  expect(codeOf(() => errorsOf(2, [1, 0], [2]))).toBe('invalid-label');
  expect(codeOf(() => classification({ name: 'digits', classes: 1 }))).toBe('invalid-options');
  expect(codeOf(() => classification({ name: 'digits', classes: 2, labelSmoothing: 1 }))).toBe(
    'invalid-options',
  );
});

test("a dataset's task becomes a task of its kind, or an error that names what there is", () => {
  const label = { shape: [], dtype: 'int32' } as const;
  const task = taskFor({ name: 'fine', kind: 'classification', outputs: 100, label });
  expect(task.outputs).toBe(100);
  expect(task.label).toEqual(label);
  expect(task.metrics).toEqual([
    { name: 'top1Error', direction: 'lower', unit: '%', title: 'top-1 error', digits: 2 },
    { name: 'top5Error', direction: 'lower', unit: '%', title: 'top-5 error', digits: 2 },
  ]);
  const unknown = { name: 'sound', kind: 'sound' as 'depth', outputs: 1, label };
  expect(() => taskFor(unknown)).toThrow(/"sound" is of kind "sound".*classification/);
});
