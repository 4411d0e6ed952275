import { OverparamError } from '@overparam/errors';
import {
  chooseExamples,
  type DatasetTask,
  type ExampleChoice,
  type OpenDataset,
  type Split,
} from '@overparam/plugin';
import { augment, drawCrop } from './augment';
import { classes13 } from './classes';
import type { NyuSampleOptions } from './options';
import { type ReaderPool, readerPool } from './pool';
import type { NyuExample, OfficialSplit, TaskName } from './scene';
import { type OpenStore, openStore, type Store } from './store';

/** A split as a run sees it: some records of a store. */
interface Part {
  readonly store: number;
  readonly records: Uint32Array;
}

/**
 * Puts splits, labels, augmentation and reading ahead together.
 *
 * @param stores  the kept scenes of each published split
 * @param source  the beginning of `provenance`
 */
export function openScenes(
  stores: Readonly<Record<OfficialSplit, Store>>,
  options: NyuSampleOptions,
  source: string,
): OpenDataset<NyuExample> {
  const [height, width] = options.size;
  const parts = makeParts(stores, options);
  const opened: readonly OpenStore[] = [openStore(stores.train), openStore(stores.test)];
  const pool = options.threads > 0 ? readerPool(options.threads, [stores.train, stores.test]) : null;
  const { mean, std } = options.normalise;
  const isRaw = mean.every((value) => value === 0) && std.every((value) => value === 1);
  const splits = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, splitOf(name, part, opened)]),
  );
  return {
    inputShape: [height, width, 3],
    normalisation: { mean, std },
    tasks: options.tasks.map((task) => describe(task, height, width)),
    splits,
    provenance: `${source}; ${Object.entries(splits)
      .map(([name, split]) => `${split.size} ${name}`)
      .join(', ')}; ${height}x${width}`,
    augment: (example, key) => augment(example, key, options.augmentation),
    ...(pool !== null && { prepare: prepareBy(pool, parts, options) }),
    input({ image }, target, offset) {
      if (isRaw) target.set(image, offset);
      else {
        for (let i = 0; i < image.length; i++) target[offset + i] = (image[i]! - mean[i % 3]!) / std[i % 3]!;
      }
    },
    label(example, task, target, offset) {
      if (!options.tasks.includes(task as TaskName)) {
        throw new OverparamError(
          'unknown-task',
          `This dataset was opened with the tasks ${options.tasks.join(', ')}; got "${task}". Name it in the option tasks.`,
        );
      }
      target.set(example[task as TaskName], offset);
    },
    async close() {
      for (const store of opened) store.close();
      await pool?.close();
    },
  };
}

function describe(task: TaskName, height: number, width: number): DatasetTask {
  if (task === 'segmentation') {
    return {
      name: task,
      kind: task,
      outputs: classes13.length,
      label: { shape: [height, width], dtype: 'int32' },
      classes: classes13,
    };
  }
  const channels = task === 'depth' ? 1 : 3;
  return {
    name: task,
    kind: task,
    outputs: channels,
    label: { shape: [height, width, channels], dtype: 'float32' },
  };
}

/** Where a run's splits lie: `val` is a part of the training store. */
function makeParts(
  stores: Readonly<Record<OfficialSplit, Store>>,
  choice: ExampleChoice,
): Readonly<Record<string, Part>> {
  const { train, val, test } = chooseExamples({ train: stores.train.count, test: stores.test.count }, choice);
  return {
    train: { store: 0, records: train },
    ...(val && { val: { store: 0, records: val } }),
    test: { store: 1, records: test },
  };
}

function recordOf(name: string, { records }: Part, index: number): number {
  const record = records[index];
  if (record !== undefined) return record;
  throw new OverparamError(
    'index-out-of-range',
    `The split ${name} has ${records.length} scenes, 0 to ${records.length - 1}; scene ${index} was asked for.`,
  );
}

function splitOf(name: string, part: Part, opened: readonly OpenStore[]): Split<NyuExample> {
  return {
    size: part.records.length,
    example: (index) => opened[part.store]!.read(recordOf(name, part, index)),
  };
}

function prepareBy(
  pool: ReaderPool,
  parts: Readonly<Record<string, Part>>,
  { size, augmentation }: NyuSampleOptions,
): NonNullable<OpenDataset<NyuExample>['prepare']> {
  return async (split, wanted) => {
    const part = parts[split];
    if (part === undefined) {
      throw new OverparamError(
        'unknown-split',
        `There is no split "${split}"; there are ${Object.keys(parts).join(', ')}.`,
      );
    }
    // Keys are spent here and only numbers sent on: threads then need nothing of the generator.
    return Promise.all(
      wanted.map(({ index, key }) =>
        pool.read(
          part.store,
          recordOf(split, part, index),
          key === null ? null : drawCrop(size[0], size[1], key, augmentation),
        ),
      ),
    );
  };
}
