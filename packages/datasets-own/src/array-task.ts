import { OverparamError } from '@overparam/errors';
import type { DatasetTask } from '@overparam/plugin';
import type { ExampleArray } from './array-file';

/** What an array of labels can be. */
export const arrayKinds = ['classification', 'segmentation', 'regression', 'depth', 'normals'] as const;

/** A kind of {@link arrayKinds}. */
export type ArrayKind = (typeof arrayKinds)[number];

/** What labels of a shape are where nobody says: whole numbers are classes. */
function usualKind({ shape, isWhole }: ExampleArray): ArrayKind {
  if (shape.length === 1) return isWhole ? 'classification' : 'regression';
  return shape.length === 3 && isWhole ? 'segmentation' : 'regression';
}

/** What labels of each kind look like, without the axis of examples. */
const forms: Readonly<Record<ArrayKind, { readonly rank: readonly number[]; readonly text: string }>> = {
  classification: { rank: [0], text: '[n]' },
  segmentation: { rank: [2], text: '[n, h, w]' },
  regression: { rank: [0, 1, 2, 3], text: '[n], [n, numbers], [n, h, w] or [n, h, w, channels]' },
  depth: { rank: [2, 3], text: '[n, h, w] or [n, h, w, 1]' },
  normals: { rank: [3], text: '[n, h, w, 3]' },
};

/**
 * The task of an array of labels.
 *
 * @param size   height and width of the images, which labels of pixels share
 * @param given  what it is said to be; by its form and numbers where nothing is said
 * @throws OverparamError `data-format`
 */
export function taskOf(
  name: string,
  array: ExampleArray,
  size: readonly [number, number],
  given: { readonly kind?: ArrayKind; readonly classes?: readonly string[] },
): DatasetTask {
  const kind = given.kind ?? usualKind(array);
  const shape = array.shape.slice(1);
  const wrong = (problem: string) => new OverparamError('data-format', `${name}.npy: ${problem}`);
  const { rank, text } = forms[kind];
  if (!rank.includes(shape.length) || (kind === 'normals' && shape[2] !== 3)) {
    throw wrong(`for ${kind} its shape must be ${text}; it is [${array.shape}].`);
  }
  if (shape.length >= 2 && (shape[0] !== size[0] || shape[1] !== size[1])) {
    throw wrong(`its pixels are ${shape[0]}x${shape[1]}, and those of the images ${size[0]}x${size[1]}.`);
  }
  if (kind === 'classification' || kind === 'segmentation') {
    let most = -1;
    for (const value of array.data) {
      if (!Number.isInteger(value) || value < -1) {
        throw wrong(`it holds ${value}, which is no class (0, 1, ..., or -1 where none is known).`);
      }
      most = Math.max(most, value);
    }
    const outputs = given.classes?.length ?? most + 1;
    if (most >= outputs) throw wrong(`it holds class ${most}, and ${outputs} classes are named.`);
    if (outputs < 2) throw wrong('it has one class; there must be two or more.');
    const label = { shape, dtype: 'int32' } as const;
    return { name, kind, outputs, label, ...(given.classes && { classes: given.classes }) };
  }
  const outputs = shape.length === 3 ? shape[2]! : shape.length === 1 ? shape[0]! : 1;
  const labelShape = kind === 'depth' ? [...size, 1] : shape;
  return { name, kind, outputs, label: { shape: labelShape, dtype: 'float32' } };
}
