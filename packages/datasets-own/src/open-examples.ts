import { foldKey, type Key, keyFromSeed } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import {
  chooseExamples,
  type DatasetTask,
  drawShares,
  type OpenDataset,
  type Split,
} from '@overparam/plugin';
import { drawMovement, type ImageShape, move, type OwnExample } from './example';
import type { CommonOptions } from './options';

/** What was read, before it is a dataset. */
export interface OwnData {
  readonly inputShape: ImageShape;
  readonly tasks: readonly DatasetTask[];
  /** What stands for a missing label of tasks whose labels are images, by task; such labels move with the image. */
  readonly missing: Readonly<Record<string, number>>;
  readonly train: readonly OwnExample[];
  readonly test: readonly OwnExample[];
  readonly source: string;
}

/** Indices of what is for training and for testing where the data do not say: a share of each group, by a seed. */
export function chooseTest(
  groups: readonly (readonly number[])[],
  { testShare, splitSeed }: CommonOptions,
): { readonly train: number[]; readonly test: number[] } {
  const drawn = drawShares(groups, testShare, foldKey(keyFromSeed(splitSeed), 'test'));
  const all = groups.flat().sort((a, b) => a - b);
  return { train: all.filter((index) => !drawn.has(index)), test: all.filter((index) => drawn.has(index)) };
}

/** Mean and standard deviation of each channel over images of bytes, of pixel / 255. */
function statisticsOf(examples: readonly OwnExample[], channels: number) {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const { image } of examples) {
    count += image.length / channels;
    for (let at = 0; at < image.length; at++) {
      const value = image[at]! / 255;
      sums[at % channels]! += value;
      squares[at % channels]! += value * value;
    }
  }
  const mean = Array.from(sums, (sum) => sum / count);
  // A channel that never changes is left as it is.
  const std = mean.map((value, at) => Math.sqrt(Math.max(squares[at]! / count - value * value, 0)) || 1);
  return { mean, std };
}

function byChannel(name: string, given: number | number[], channels: number, least: number): number[] {
  const values = typeof given === 'number' ? Array<number>(channels).fill(given) : given;
  if (values.length === channels && values.every((value) => value > least)) return values;
  throw new OverparamError(
    'invalid-options',
    `normalise.${name}: expected one number${least === 0 ? ' above zero' : ''} or ${channels}, one for each channel; got ${JSON.stringify(given)}.`,
  );
}

/** Makes a dataset of what was read. */
export function openExamples(data: OwnData, options: CommonOptions): OpenDataset<OwnExample> {
  const { inputShape, tasks, missing } = data;
  const [, , channels] = inputShape;
  const chosen = chooseExamples({ train: data.train.length, test: data.test.length }, options);
  const split = (from: readonly OwnExample[], places: Uint32Array): Split<OwnExample> => ({
    size: places.length,
    example: (index) => from[places[index]!]!,
  });
  const splits = {
    train: split(data.train, chosen.train),
    ...(chosen.val && { val: split(data.train, chosen.val) }),
    test: split(data.test, chosen.test),
  };
  const isPicture = data.train[0]!.image instanceof Uint8Array;
  const given = options.normalise;
  const normalisation = given
    ? {
        mean: byChannel('mean', given.mean, channels, Number.NEGATIVE_INFINITY),
        std: byChannel('std', given.std, channels, 0),
      }
    : isPicture
      ? statisticsOf(
          Array.from(chosen.train, (place) => data.train[place]!),
          channels,
        )
      : null;
  const { mean, std } = normalisation ?? { mean: [0], std: [1] };
  const scale = isPicture ? 255 : 1;
  const ground = isPicture
    ? Math.round(255 * (mean.reduce((sum, value) => sum + value, 0) / mean.length))
    : 0;
  const { padding, flip } = options.augmentation;
  return {
    inputShape,
    tasks,
    ...(normalisation !== null && isPicture && { normalisation }),
    splits,
    provenance: `${data.source}; ${Object.entries(splits)
      .map(([name, { size }]) => `${size} ${name}`)
      .join(', ')}`,
    augment(example, key: Key) {
      if (padding === 0 && !flip) return example;
      const movement = drawMovement(key, padding, flip);
      const labels = tasks.map(({ name, kind, label: { shape, dtype } }) => {
        const values = example.labels[name]!;
        if (!(name in missing)) return [name, values];
        const [height, width, depth = 1] = shape as readonly number[];
        const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
        const moved = move(typed, [height!, width!, depth], movement, missing[name]!);
        // In a mirror, what pointed to the right points to the left.
        if (kind === 'normals' && movement.mirrored) {
          for (let at = 0; at < moved.length; at += 3) moved[at] = -moved[at]!;
        }
        return [name, moved];
      });
      return { image: move(example.image, inputShape, movement, ground), labels: Object.fromEntries(labels) };
    },
    input({ image }, target, offset) {
      if (normalisation === null) {
        target.set(image, offset);
        return;
      }
      for (let at = 0; at < image.length; at++) {
        const channel = at % channels;
        target[offset + at] = (image[at]! / scale - mean[channel]!) / std[channel]!;
      }
    },
    label({ labels }, task, target, offset) {
      const values = labels[task];
      if (values === undefined) {
        throw new OverparamError(
          'unknown-task',
          `This dataset has labels for ${tasks.map(({ name }) => `"${name}"`).join(', ')}; got "${task}".`,
        );
      }
      target.set(values, offset);
    },
    close() {},
  };
}
