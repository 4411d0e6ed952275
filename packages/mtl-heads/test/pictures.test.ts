import type { Task } from '@overparam/plugin';
import { expect, test } from 'vitest';
import { classification, depth, normals, regression, segmentation } from '../src/index';

/** Pixels of a picture, three numbers each. */
function pixelsOf(picture: Uint8Array): number[][] {
  return Array.from({ length: picture.length / 3 }, (_, pixel) => [
    ...picture.subarray(3 * pixel, 3 * pixel + 3),
  ]);
}

function drawn(task: Task, prediction: readonly number[], label: readonly number[]) {
  const numbers = task.label.dtype === 'int32' ? Int32Array.from(label) : Float32Array.from(label);
  const { truth, prediction: predicted, ...rest } = task.picture!(Float32Array.from(prediction), numbers);
  return { truth: pixelsOf(truth), predicted: pixelsOf(predicted), ...rest };
}

const colourOf = (legend: { colours: readonly { name: string; colour: unknown }[] }, name: string) =>
  legend.colours.find((entry) => entry.name === name)!.colour;

test('classes are drawn in the colours of the legend, and the likeliest class is the one that is predicted', () => {
  const task = segmentation({ name: 'rooms', classes: 3, size: [2, 2], classNames: ['bed', 'book', 'wall'] });
  const logits = [0, 2, 1, 5, 5, 1, -3, -2, -1, Number.NaN, 0, 0];
  const { height, width, truth, predicted, legend } = drawn(task, logits, [1, -1, 2, 0]);
  expect([height, width]).toEqual([2, 2]);
  const [bed, book, wall, none] = ['bed', 'book', 'wall', 'no label'].map((name) => colourOf(legend, name));
  expect(truth).toEqual([book, none, wall, bed]);
  // Of equals the first; nothing of a pixel that is no number.
  expect(predicted).toEqual([book, bed, wall, none]);
  expect(new Set([bed, book, wall, none].map(String)).size).toBe(4);
});

test('classes without names have their numbers, and many have colours of their own', () => {
  const task = segmentation({ name: 'rooms', classes: 40, size: [1, 1] });
  const { legend } = drawn(task, Array(40).fill(0), [0]);
  expect(legend.colours[7]!.name).toBe('7');
  expect(new Set(legend.colours.map(({ colour }) => String(colour))).size).toBe(41);
});

test("depths are drawn on the truth's scale, from bright to dark", () => {
  const task = depth({ name: 'depth', size: [1, 4] });
  const { truth, predicted, legend } = drawn(task, [2, 3, 9, 1], [2, 0, 4, 3]);
  const { from, to, unit, stops } = legend.scale!;
  expect([from, to, unit]).toEqual([2, 4, 'm']);
  const [near, far] = [stops[0], stops.at(-1)];
  // Six stops: the middle lies between the third and the fourth.
  const middle = [0, 1, 2].map((part) => Math.round((stops[2]![part]! + stops[3]![part]!) / 2));
  expect(truth).toEqual([near, colourOf(legend, 'no label'), far, middle]);
  expect(predicted).toEqual([near, middle, far, near]);
  const light = (colour: readonly number[]) => colour.reduce((sum, part) => sum + part, 0);
  expect(light(near!)).toBeGreaterThan(light(far!));
});

test('a depth without any label has pictures, and no scale', () => {
  const { truth, legend } = drawn(depth({ name: 'depth', size: [1, 2] }), [1, 2], [0, 0]);
  expect(legend.scale).toBeUndefined();
  expect(truth).toEqual([colourOf(legend, 'no label'), colourOf(legend, 'no label')]);
});

test('normals are drawn by their components, whatever their length', () => {
  const task = normals({ name: 'normals', size: [1, 3] });
  const { truth, predicted, legend } = drawn(
    task,
    [0, 0, 5, 0, 0, 0, -3, 0, 0],
    [1, 0, 0, 0, 0, 0, 0, -1, 0],
  );
  expect(truth).toEqual([[255, 128, 128], colourOf(legend, 'no label'), [128, 0, 128]]);
  expect(predicted).toEqual([
    [128, 128, 255],
    [128, 128, 128],
    [0, 128, 128],
  ]);
  expect(colourOf(legend, 'x')).toEqual([255, 128, 128]);
});

test('one number a pixel has a picture in its unit, also where its placeholder is no float32', () => {
  const task = regression({ name: 'height', shape: [1, 3], unit: 'cm', missing: 0.1 });
  const { truth, legend } = drawn(task, [0, 0, 0], [0.1, 5, 7]);
  expect(legend.scale).toMatchObject({ from: 5, to: 7, unit: 'cm' });
  expect(truth[0]).toEqual(colourOf(legend, 'no label'));
});

test('one class or some numbers an image, and several numbers a pixel, have no picture', () => {
  for (const task of [
    classification({ name: 'class', classes: 3 }),
    regression({ name: 'age', shape: [] }),
    regression({ name: 'flow', shape: [4, 4, 2] }),
  ])
    expect(task.picture).toBeUndefined();
});

test('a task is of the form that its labels have', () => {
  const of = (shape: readonly number[]) => {
    const { form, outputs } = regression({ name: 'own', shape });
    return [form, outputs];
  };
  expect(of([])).toEqual(['vector', 1]);
  expect(of([5])).toEqual(['vector', 5]);
  expect(of([4, 6])).toEqual(['dense', 1]);
  expect(of([4, 6, 2])).toEqual(['dense', 2]);
  expect(classification({ name: 'own', classes: 2 }).form).toBe('class');
  const size = [4, 6] as const;
  const images = [
    segmentation({ name: 'own', classes: 2, size }),
    depth({ name: 'own', size }),
    normals({ name: 'own', size }),
  ];
  expect(images.map(({ form, unitLength = false }) => [form, unitLength])).toEqual([
    ['dense', false],
    ['dense', false],
    ['dense', true],
  ]);
});
