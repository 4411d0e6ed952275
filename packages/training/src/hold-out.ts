import { foldKey, keyFromSeed } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { type DatasetTask, drawShares, type OpenDataset, type Split } from '@overparam/plugin';
import { splitSize } from './splits';

/** Which part of the training split is held out, to choose by. */
export interface HoldOutOptions {
  /** Of the training examples that are used; more than 0 and less than 1. */
  readonly share: number;
  /** Decides which examples they are. */
  readonly seed: number | string;
  /** Training examples that are used, the first of the split; all where left out. */
  readonly limit?: number;
}

/** The task whose classes are balanced: the first with one class for a whole example. */
function classTask({ tasks }: OpenDataset): DatasetTask | undefined {
  return tasks.find(({ kind, label }) => kind === 'classification' && label.shape.length === 0);
}

/** Examples by class; all together where none has one class. */
async function groupsOf(dataset: OpenDataset, size: number): Promise<number[][]> {
  const task = classTask(dataset);
  if (task === undefined) return [Array.from({ length: size }, (_, index) => index)];
  const groups = new Map<number, number[]>();
  const label = new Int32Array(1);
  for (let index = 0; index < size; index++) {
    dataset.label(await dataset.splits.train!.example(index), task.name, label, 0);
    const group = groups.get(label[0]!) ?? [];
    groups.set(label[0]!, group);
    group.push(index);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, members]) => members);
}

function partOf<Example>(split: Split<Example>, indices: readonly number[]): Split<Example> {
  return { size: indices.length, example: (index) => split.example(indices[index]!) };
}

/**
 * A dataset whose training split is parted: `train` is the rest, and `test` is what was held out, so that whatever is
 * measured on it is measured on validation images. The dataset's own test split is never read.
 *
 * Which examples are held out follows from seed, share and limit alone. Each class gives its share, to one example, where the
 * dataset has a task with one class for each image, and no class gives all that it has; elsewhere the part is drawn from all.
 * Both parts keep the order of the split. Closing it closes the dataset.
 *
 * @param dataset  with all of its tasks, so that runs of different tasks hold out the same images
 * @throws OverparamError `validation-split` where one of the parts would be empty
 * @example
 * const held = await holdOut(dataset, { share: 0.1, seed: 0 }); // held.splits.test has 10 % of the training images
 */
export async function holdOut(
  dataset: OpenDataset,
  { share, seed, limit }: HoldOutOptions,
): Promise<OpenDataset> {
  const size = splitSize(dataset, 'train', limit);
  const wanted = Math.round(share * size);
  if (!(share > 0 && share < 1) || wanted < 1 || wanted >= size) {
    throw new OverparamError(
      'validation-split',
      `validation: a share of ${share} of ${size} training images is ${wanted}; expected at least 1 image to validate on and at least 1 to train on. Give another share, more than 0 and less than 1.`,
    );
  }
  const groups = await groupsOf(dataset, size);
  const held = drawShares(groups, share, foldKey(keyFromSeed(seed), 'validation'));
  const all = Array.from({ length: size }, (_, index) => index);
  const parts = {
    train: all.filter((index) => !held.has(index)),
    test: all.filter((index) => held.has(index)),
  };
  const { prepare, normalisation } = dataset;
  const { train, test: _test, ...others } = dataset.splits;
  return {
    inputShape: dataset.inputShape,
    tasks: dataset.tasks,
    ...(normalisation && { normalisation }),
    splits: { ...others, train: partOf(train!, parts.train), test: partOf(train!, parts.test) },
    provenance: `${dataset.provenance}; ${held.size} of ${size} training images held out for validation by seed ${seed}, in place of the test split`,
    augment: (example, augmentKey) => dataset.augment(example, augmentKey),
    ...(prepare && {
      prepare: (split, wantedOnes) => {
        const part = Object.hasOwn(parts, split) ? parts[split as keyof typeof parts] : null;
        return part === null
          ? dataset.prepare!(split, wantedOnes)
          : dataset.prepare!(
              'train',
              wantedOnes.map((one) => ({ ...one, index: part[one.index]! })),
            );
      },
    }),
    input: (example, target, offset) => dataset.input(example, target, offset),
    label: (example, task, target, offset) => dataset.label(example, task, target, offset),
    close: () => dataset.close(),
  };
}
