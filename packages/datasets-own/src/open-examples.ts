import { foldKey, type Key, keyFromSeed, permutation } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { DatasetTask, OpenDataset } from '@overparam/plugin';
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

/** Indices of what is for training and for testing where the data do not say: some of each group, by a seed. */
export function chooseTest(
  groups: readonly (readonly number[])[],
  { testShare, splitSeed }: CommonOptions,
): { readonly train: number[]; readonly test: number[] } {
  const train: number[] = [];
  const test: number[] = [];
  for (const [at, group] of groups.entries()) {
    const order = permutation(foldKey(keyFromSeed(splitSeed), 'test', at), group.length);
    // At least one of each on either side, where a group has two.
    const wanted = Math.round(testShare * group.length);
    const count = Math.min(Math.max(wanted, group.length > 1 ? 1 : 0), group.length - 1);
    for (const [index, place] of order.entries()) (index < count ? test : train).push(group[place]!);
  }
  return { train: train.sort((a, b) => a - b), test: test.sort((a, b) => a - b) };
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
  const train = data.train.slice(0, options.limit.train);
  const test = data.test.slice(0, options.limit.test);
  const isPicture = train[0]!.image instanceof Uint8Array;
  const given = options.normalise;
  const normalisation = given
    ? {
        mean: byChannel('mean', given.mean, channels, Number.NEGATIVE_INFINITY),
        std: byChannel('std', given.std, channels, 0),
      }
    : isPicture
      ? statisticsOf(data.train, channels)
      : null;
  const { mean, std } = normalisation ?? { mean: [0], std: [1] };
  const scale = isPicture ? 255 : 1;
  const ground = isPicture
    ? Math.round(255 * (mean.reduce((sum, value) => sum + value, 0) / mean.length))
    : 0;
  const { padding, flip } = options.augmentation;
  const split = (examples: readonly OwnExample[]) => ({
    size: examples.length,
    example: (index: number) => examples[index]!,
  });
  return {
    inputShape,
    tasks,
    ...(normalisation !== null && isPicture && { normalisation }),
    splits: { train: split(train), test: split(test) },
    provenance: `${data.source}; ${train.length} train, ${test.length} test`,
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
