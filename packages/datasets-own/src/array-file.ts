import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Numbers, readNpy } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';

/** An array whose first axis is the examples. */
export interface ExampleArray extends Numbers {
  /** Whether all of its numbers are whole. */
  readonly isWhole: boolean;
}

/** @throws OverparamError `data-format` for an array without an axis of examples, and for numbers that are not finite */
export async function readArray(path: string): Promise<ExampleArray> {
  const name = basename(path);
  const array = readNpy(await readFile(path), name);
  if (array.shape.length === 0 || array.shape.includes(0)) {
    throw new OverparamError(
      'data-format',
      `${name}: its shape is [${array.shape}], and the first axis is that of examples. Give one or more.`,
    );
  }
  let isWhole = true;
  for (const value of array.data) {
    if (!Number.isFinite(value)) {
      throw new OverparamError(
        'data-format',
        `${name}: it holds ${value}. Replace what is missing by a number, such as -1 for a class.`,
      );
    }
    isWhole &&= Number.isInteger(value);
  }
  return { ...array, isWhole };
}

/** The numbers of one example. */
export function numbersOf({ shape, data }: Numbers, index: number): Numbers['data'] {
  const size = data.length / shape[0]!;
  return data.subarray(index * size, (index + 1) * size);
}
