import { OverparamError } from '@overparam/errors';
import { chooseExamples, type ExampleChoice, type Split } from '@overparam/plugin';
import type { CifarExample } from './augment';
import {
  type CifarSpec,
  imageBytes,
  type LabelField,
  type OfficialSplit,
  planeBytes,
  recordBytes,
} from './spec';

/** The unpacked files of each split, in official order. */
export type SplitFiles = Readonly<Record<OfficialSplit, readonly Uint8Array[]>>;

/** A split of the examples at `indices` of the files' records, decoded on demand. */
function splitOf(
  name: string,
  files: readonly Uint8Array[],
  indices: Uint32Array,
  spec: Pick<CifarSpec, 'labelBytes'>,
  label: LabelField,
): Split<CifarExample> {
  const size = recordBytes(spec);
  // All files of a split are equally long, which the size check has seen to.
  const perFile = files[0]!.length / size;
  const classOf = new Int32Array(256).fill(-1);
  for (const [index, value] of label.values.entries()) classOf[value] = index;
  return {
    size: indices.length,
    example(index) {
      const record = indices[index];
      if (record === undefined) {
        throw new OverparamError(
          'index-out-of-range',
          `The split ${name} has ${indices.length} examples, 0 to ${indices.length - 1}; example ${index} was asked for.`,
        );
      }
      const file = files[Math.floor(record / perFile)]!;
      const at = (record % perFile) * size;
      return { image: interleave(file, at + spec.labelBytes), label: classOf[file[at + label.at]!]! };
    },
  };
}

// Own copy: a transformed import can be a getter, which would cost a call for each pixel.
const pixels = planeBytes;

/** Three planes to height x width x channel. */
function interleave(bytes: Uint8Array, red: number): Uint8Array {
  const image = new Uint8Array(imageBytes);
  const green = red + pixels;
  const blue = green + pixels;
  for (let pixel = 0, to = 0; pixel < pixels; pixel++, to += 3) {
    image[to] = bytes[red + pixel]!;
    image[to + 1] = bytes[green + pixel]!;
    image[to + 2] = bytes[blue + pixel]!;
  }
  return image;
}

/**
 * The splits a run sees: `train` and `test` cut to `limit`, and `val` where training examples are held out.
 * Each keeps the official order.
 *
 * @throws OverparamError `invalid-options` when nothing would be left to train on
 */
export function makeSplits(
  files: SplitFiles,
  spec: Pick<CifarSpec, 'labelBytes'>,
  label: LabelField,
  options: ExampleChoice,
): Readonly<Record<string, Split<CifarExample>>> {
  const size = recordBytes(spec);
  const count = (split: OfficialSplit) => files[split].reduce((sum, file) => sum + file.length / size, 0);
  const chosen = chooseExamples({ train: count('train'), test: count('test') }, options);
  return {
    train: splitOf('train', files.train, chosen.train, spec, label),
    ...(chosen.val && { val: splitOf('val', files.train, chosen.val, spec, label) }),
    test: splitOf('test', files.test, chosen.test, spec, label),
  };
}
