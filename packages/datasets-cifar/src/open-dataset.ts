import { OverparamError } from '@overparam/errors';
import type { OpenDataset } from '@overparam/plugin';
import { augment, type CifarExample } from './augment';
import type { CifarOptions } from './options';
import { makeSplits, type SplitFiles } from './records';
import { type CifarSpec, imageBytes, imageSide, type LabelField } from './spec';

/** The one task of these datasets: naming the class. */
export const taskName = 'class';

/**
 * Puts splits, labels, augmentation and normalisation together.
 *
 * @param files   unpacked and checked
 * @param source  the beginning of `provenance`
 */
export function openRecords(
  files: SplitFiles,
  spec: Pick<CifarSpec, 'labelBytes'>,
  label: LabelField,
  options: CifarOptions,
  source: string,
): OpenDataset<CifarExample> {
  const splits = makeSplits(files, spec, label, options);
  const { mean, std } = options.normalise;
  // A table a channel: each of the 256 values is rounded to float32 once.
  const tables = [0, 1, 2].map((channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[channel]!) / std[channel]!),
  );
  const [red, green, blue] = tables as [Float32Array, Float32Array, Float32Array];
  const size = imageBytes;
  const changes = options.augmentation.padding > 0 || options.augmentation.flip;
  return {
    inputShape: [imageSide, imageSide, 3],
    normalisation: { mean, std },
    tasks: [
      {
        name: taskName,
        kind: 'classification',
        outputs: label.classes.length,
        label: { shape: [], dtype: 'int32' },
        classes: label.classes,
      },
    ],
    splits,
    provenance: `${source}; ${Object.entries(splits)
      .map(([name, split]) => `${split.size} ${name}`)
      .join(', ')}`,
    augment: (example, key) => (changes ? augment(example, key, options.augmentation) : example),
    input({ image }, target, offset) {
      for (let i = 0; i < size; i += 3) {
        target[offset + i] = red[image[i]!]!;
        target[offset + i + 1] = green[image[i + 1]!]!;
        target[offset + i + 2] = blue[image[i + 2]!]!;
      }
    },
    label(example, task, target, offset) {
      if (task !== taskName) {
        throw new OverparamError(
          'unknown-task',
          `This dataset has labels for the task "${taskName}" only; got "${task}".`,
        );
      }
      target[offset] = example.label;
    },
    close() {},
  };
}
