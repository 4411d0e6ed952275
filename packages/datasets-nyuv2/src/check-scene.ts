import type { Numbers } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import { classes13 } from './classes';
import type { RawScene } from './numbers';
import { type Scene, type TaskName, taskNames } from './scene';

/** Metres; the sensor sees 10. */
const farthest = 100;
/** Above 1 by rounding: of 8-bit components (1.007 in the mean of three), and of half-precision floats. */
const longest = 1.02;

/**
 * Checks one scene's arrays and turns them into the kept form.
 *
 * @param tasks    whose labels are wanted; the others are left out
 * @param refuse   whether a label that is missing, or valid at no pixel, is an error; otherwise it is left out
 * @throws OverparamError `data-shape`, `data-value`, `data-label` or `data-unlabelled`
 */
export function checkScene(raw: RawScene, tasks: readonly TaskName[], refuse: boolean): Scene {
  const { names } = raw;
  const [height, width] = raw.image.shape;
  checkShape(raw.image, [height ?? 0, width ?? 0, 3], names.image);
  const size: readonly [number, number] = [height!, width!];
  const scene = {
    height: size[0],
    width: size[1],
    image: toImage(raw.image, names.image),
    segmentation: ask(raw.segmentation, 'segmentation', (label) => toLabels(label, size, names.segmentation)),
    depth: ask(raw.depth, 'depth', (depth) => toDepth(depth, size, names.depth)),
    normals: ask(raw.normals, 'normals', (normals) => toNormals(normals, size, names.normals)),
  };

  function ask<T extends Int8Array | Float32Array>(
    given: Numbers | null,
    task: TaskName,
    convert: (given: Numbers) => T,
  ): T | null {
    if (!tasks.includes(task)) return null;
    const converted = given === null ? null : convert(given);
    const invalid = task === 'segmentation' ? -1 : 0;
    if (converted !== null && !converted.every((value) => value === invalid)) return converted;
    if (!refuse) return null;
    throw new OverparamError(
      given === null ? 'data-missing' : 'data-unlabelled',
      `${names[task]}: ${given === null ? 'is missing' : 'has no valid pixel'}, so this scene has no label for the task ${task}. ` +
        "Get the file again, or accept such scenes with the option unlabelled: 'allow'.",
    );
  }
  return scene;
}

/** @throws OverparamError `data-unlabelled` for a task without a label in any scene */
export function checkTasks(
  tasks: readonly TaskName[],
  labelled: Readonly<Record<TaskName, number>>,
  where: string,
): void {
  for (const task of taskNames) {
    if (!tasks.includes(task) || labelled[task] > 0) continue;
    const rest = tasks.filter((other) => other !== task);
    throw new OverparamError(
      'data-unlabelled',
      `${where}: no scene has a label for the task ${task}. ` +
        `Get its files, or leave the task out with the option tasks: [${rest.join(', ')}].`,
    );
  }
}

function checkShape(numbers: Numbers, expected: readonly number[], name: string): void {
  const { shape } = numbers;
  const same = shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);
  if (same && shape.every((size) => size > 0)) return;
  throw new OverparamError(
    'data-shape',
    `${name}: has shape [${shape.join(', ')}], expected [${expected.map((size) => (size > 0 ? size : 'n')).join(', ')}].`,
  );
}

/** A label of one channel may have the channel's axis or not. */
function checkPlane(numbers: Numbers, size: readonly [number, number], name: string): void {
  checkShape(numbers, numbers.shape.length === 3 ? [...size, 1] : size, name);
}

function wrong(
  name: string,
  index: number,
  value: number,
  expected: string,
  code = 'data-value',
): OverparamError {
  return new OverparamError(
    code,
    `${name}: the value ${value} at position ${index} is not one of ${expected}: the file is damaged, or is not of this dataset.`,
  );
}

function toImage({ data }: Numbers, name: string): Uint8Array | Float32Array {
  if (data instanceof Uint8Array) return data;
  // Wider integers are bytes too: a float image with only 0 and 1 would be black and white.
  const bytes = data.some((value) => value > 1.01) && data.every((value) => Number.isInteger(value));
  const highest = bytes ? 255 : 1.01;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(value >= -0.01 && value <= highest)) {
      throw wrong(name, i, value, 'floats from 0 to 1 or integers from 0 to 255');
    }
  }
  if (bytes) return Uint8Array.from(data);
  return Float32Array.from(data, (value) => Math.min(1, Math.max(0, value)));
}

function toLabels(numbers: Numbers, size: readonly [number, number], name: string): Int8Array {
  checkPlane(numbers, size, name);
  const { data } = numbers;
  const last = classes13.length - 1;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(value >= -1 && value <= last && Number.isInteger(value))) {
      throw wrong(name, i, value, `the labels -1 (void) to ${last}`, 'data-label');
    }
  }
  return data instanceof Int8Array ? data : Int8Array.from(data);
}

function toDepth(numbers: Numbers, size: readonly [number, number], name: string): Float32Array {
  checkPlane(numbers, size, name);
  const { data } = numbers;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(value >= 0 && value <= farthest)) {
      throw wrong(name, i, value, `depths from 0 (not known) to ${farthest} metres`);
    }
  }
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function toNormals(
  numbers: Numbers,
  size: readonly [number, number],
  name: string,
): Int8Array | Float32Array {
  checkShape(numbers, [...size, 3], name);
  const { data } = numbers;
  const highest = data instanceof Int8Array ? 127 : longest;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(value >= -highest && value <= highest)) {
      throw wrong(name, i, value, 'floats from -1 to 1, or 8-bit integers from -127 to 127');
    }
  }
  return data instanceof Int8Array || data instanceof Float32Array ? data : Float32Array.from(data);
}
