import { type Key, randomInteger } from '@overparam/engine';
import type { OpenDataset, Split } from '@overparam/plugin';
import { classes, counts, pictureBytes, side } from './sample';

/** One picture, bytes `[32, 32, 3]`, and its class. */
export interface Example {
  readonly image: Uint8Array;
  readonly label: number;
}

const mean = [0.507, 0.487, 0.441];
const std = [0.267, 0.256, 0.276];

function splitOf(bytes: Uint8Array, first: number, each: number): Split<Example> {
  return {
    size: each * classes.length,
    example: (index) => ({
      image: bytes.subarray((first + index) * pictureBytes, (first + index + 1) * pictureBytes),
      label: Math.floor(index / each),
    }),
  };
}

/** Moved by up to three pixels and mirrored, by a key; black where nothing was. */
function moved({ image, label }: Example, key: Key): Example {
  const choice = randomInteger(key, 7 * 7 * 2);
  const [left, top, mirrored] = [(choice % 7) - 3, (Math.floor(choice / 7) % 7) - 3, choice >= 49];
  const result = new Uint8Array(pictureBytes);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [fromY, fromX] = [y + top, (mirrored ? side - 1 - x : x) + left];
      if (fromY < 0 || fromX < 0 || fromY >= side || fromX >= side) continue;
      const from = (fromY * side + fromX) * 3;
      result.set(image.subarray(from, from + 3), (y * side + x) * 3);
    }
  }
  return { image: result, label };
}

/** The pictures of this page as a dataset, in the form that every part of the library takes. */
export function picturesFrom(bytes: Uint8Array): OpenDataset<Example> {
  if (bytes.length !== (counts.train + counts.test) * classes.length * pictureBytes)
    throw new Error(
      'The pictures beside this page are not whole: sample.bin is of another length. Write the page again.',
    );
  const splits = {
    train: splitOf(bytes, 0, counts.train),
    test: splitOf(bytes, counts.train * classes.length, counts.test),
  };
  return {
    inputShape: [side, side, 3],
    normalisation: { mean, std },
    tasks: [
      {
        name: 'class',
        kind: 'classification',
        outputs: classes.length,
        label: { shape: [], dtype: 'int32' },
        classes,
      },
    ],
    splits,
    provenance: 'A part of the sample of CIFAR-100 that is shipped with @overparam/datasets-cifar',
    augment: moved,
    input({ image }, target, offset) {
      for (let i = 0; i < pictureBytes; i++)
        target[offset + i] = (image[i]! / 255 - mean[i % 3]!) / std[i % 3]!;
    },
    label({ label }, _task, target, offset) {
      target[offset] = label;
    },
    close() {},
  };
}
