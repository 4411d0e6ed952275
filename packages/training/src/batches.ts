import { foldKey, type Key, permutation, type Share } from '@overparam/engine';
import type { DatasetTask, OpenDataset, Wanted } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type Erasing, eraseFrom } from './erasing';
import { wrongLabel, wrongLabelAt } from './label-range';
import { drawMix, type Mix, type Mixing, mixImages, partnerLabels } from './mixing';

/**
 * A batch as tensors by name: `x`, and `label/<task>` for each task; where images are mixed, also `partner/<task>`, the labels of
 * what each is mixed with, and `mix`, how much of each is its own. The caller disposes.
 */
export type BatchTensors = Record<string, tf.Tensor>;

/** How a batch's images are changed beside the dataset's own augmentation. */
interface Changes {
  /** By example: the key of what is taken out of it; null where nothing is. */
  readonly erase: { readonly erasing: Erasing; readonly keys: readonly Key[] } | null;
  readonly mix: Mix | null;
}

const noChanges: Changes = { erase: null, mix: null };

/** Numbers of a batch before they become tensors. */
interface BatchArrays {
  readonly examples: number;
  readonly x: Float32Array;
  readonly labels: Readonly<Record<string, Float32Array | Int32Array>>;
  /** Null where images are not mixed with others. */
  readonly mix: Mix | null;
  /** Examples in front that were read for those behind them, and are left out; none where left out. */
  readonly behind?: number;
}

function volume(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Reads examples and lays them side by side; by the dataset's own threads where it has some. */
async function gather(
  dataset: OpenDataset,
  split: string,
  wanted: readonly Wanted[],
  { erase, mix }: Changes = noChanges,
): Promise<BatchArrays> {
  const size = volume(dataset.inputShape);
  const x = new Float32Array(wanted.length * size);
  const labels = Object.fromEntries(
    dataset.tasks.map(({ name, label }) => {
      const length = wanted.length * volume(label.shape);
      return [name, label.dtype === 'int32' ? new Int32Array(length) : new Float32Array(length)];
    }),
  );
  const ready = await dataset.prepare?.(split, wanted);
  for (const [at, { index, key }] of wanted.entries()) {
    const example = ready ? ready[at] : await readOne(dataset, split, index, key);
    dataset.input(example, x, at * size);
    if (erase)
      eraseFrom(x.subarray(at * size, (at + 1) * size), dataset.inputShape, erase.erasing, erase.keys[at]!);
    for (const { name, label } of dataset.tasks) {
      dataset.label(example, name, labels[name]!, at * volume(label.shape));
    }
  }
  for (const task of dataset.tasks) checkLabels(split, wanted, task, labels[task.name]!);
  if (mix) mixImages(x, [wanted.length, ...dataset.inputShape], mix);
  return { examples: wanted.length, x, labels, mix };
}

/** Refuses labels that are no class: losses make anything of them, NaN at best. */
function checkLabels(
  split: string,
  wanted: readonly Wanted[],
  task: DatasetTask,
  labels: ArrayLike<number>,
): void {
  const at = wrongLabelAt(task, labels);
  if (at < 0) return;
  const { index } = wanted[Math.floor(at / volume(task.label.shape))]!;
  throw wrongLabel(`Example ${index} of the split "${split}"`, task, labels[at]!);
}

async function readOne(
  dataset: OpenDataset,
  split: string,
  index: number,
  key: Key | null,
): Promise<unknown> {
  const example = await dataset.splits[split]!.example(index);
  return key === null ? example : dataset.augment(example, key);
}

function toTensors(
  dataset: OpenDataset,
  { examples, x, labels, mix, behind = 0 }: BatchArrays,
): BatchTensors {
  const tensorOf = <Values extends Float32Array | Int32Array>(
    values: Values,
    shape: readonly number[],
    dtype: 'float32' | 'int32',
  ) => tf.tensor(values.subarray(behind * volume(shape)), [examples - behind, ...shape], dtype);
  const tensors: BatchTensors = { x: tensorOf(x, dataset.inputShape, 'float32') };
  for (const { name, label } of dataset.tasks) {
    tensors[`label/${name}`] = tensorOf(labels[name]!, label.shape, label.dtype);
    if (!mix) continue;
    const partner = partnerLabels(labels[name]!, examples);
    tensors[`partner/${name}`] = tensorOf(partner, label.shape, label.dtype);
  }
  if (mix) tensors.mix = tf.scalar(mix.share);
  return tensors;
}

/** Which examples make up training batches, and how. */
export interface TrainingBatchOptions {
  /** The run's key, which decides order and augmentation. */
  readonly key: Key;
  /** Examples in one batch. */
  readonly batch: number;
  /** Number of examples used, the first of the split; all where left out. */
  readonly size?: number;
  /** True where left out. */
  readonly augment?: boolean;
  /** Mixes the images of a batch; not where left out. */
  readonly mix?: Mixing | null;
  /** Takes a part out of each image; not where left out. */
  readonly erase?: Erasing | null;
  /** The examples of each batch that are read; all where left out. */
  readonly share?: Share | null;
}

/** Training batches by their number in the run; a pure function of key and number. */
export interface TrainingBatches {
  /** Batches in one pass over the data; what does not fill a batch is left out of that pass. */
  readonly perEpoch: number;
  /** Batch `index` of the run, counted from 0; the caller disposes its tensors. */
  read(index: number): Promise<BatchTensors>;
  /**
   * A second batch for the update that reads `index`, of an order of its own: drawn independently, so that an image may be
   * in both. The caller disposes.
   */
  readSecond(index: number): Promise<BatchTensors>;
  /** As {@link read}, all examples, whatever the share. The caller disposes. */
  readWhole(index: number): Promise<BatchTensors>;
}

/**
 * Batches of the training split: a new order each pass, each image augmented by (pass, image). Where the dataset reads on
 * threads of its own, the next batch is read while this one is used.
 *
 * @example
 * const batches = trainingBatches(dataset, { key: keyFromSeed(1), batch: 32 });
 */
export function trainingBatches(dataset: OpenDataset, options: TrainingBatchOptions): TrainingBatches {
  const { key, batch, size = dataset.splits.train!.size, augment = true } = options;
  const { mix = null, erase = null, share = null } = options;
  const perEpoch = Math.floor(size / batch);
  const draws = { dataset, key, batch, size, perEpoch, augment, mix, erase, share };
  const read = batchReader({ ...draws, which: '' });
  return {
    perEpoch,
    read,
    readWhole: share ? batchReader({ ...draws, share: null, which: '' }) : read,
    readSecond: batchReader({ ...draws, which: '2' }),
  };
}

/**
 * The examples of a batch that are read for a share of it. Where images are mixed, each with the one before, that before the
 * share's first comes along in front.
 */
function rowsRead(indices: Uint32Array, share: Share | null, mixed: boolean): ArrayLike<number> {
  if (share === null) return indices;
  const own = indices.subarray(share.start, share.end);
  if (!mixed) return own;
  return [indices.at(share.start - 1)!, ...own];
}

/** What batches follow from. */
interface BatchDraws extends Required<TrainingBatchOptions> {
  readonly dataset: OpenDataset;
  readonly perEpoch: number;
  /** Stands behind each purpose that something is drawn for, so that second batches are others. */
  readonly which: '' | '2';
}

/** Reads batches by their number, and the next one ahead where the dataset has threads for it. */
function batchReader({ dataset, key, batch, size, perEpoch, augment, mix, erase, share, which }: BatchDraws) {
  const [height, width] = dataset.inputShape;
  let order: { readonly epoch: number; readonly indices: Uint32Array } | null = null;
  const wantedAt = (index: number): Wanted[] => {
    const epoch = Math.floor(index / perEpoch);
    if (order?.epoch !== epoch)
      order = { epoch, indices: permutation(foldKey(key, `order${which}`, epoch), size) };
    const start = (index % perEpoch) * batch;
    return Array.from(rowsRead(order.indices.subarray(start, start + batch), share, mix !== null), (at) => ({
      index: at,
      key: augment ? foldKey(key, `augment${which}`, epoch, at) : null,
    }));
  };
  const changesAt = (index: number, wanted: readonly Wanted[]): Changes => {
    const epoch = Math.floor(index / perEpoch);
    return {
      erase: erase && {
        erasing: erase,
        keys: wanted.map(({ index: at }) => foldKey(key, `erase${which}`, epoch, at)),
      },
      mix: mix && drawMix(mix, foldKey(key, `mix${which}`, index), [height, width]),
    };
  };
  const gatherAt = async (index: number) => {
    const wanted = wantedAt(index);
    const arrays = await gather(dataset, 'train', wanted, changesAt(index, wanted));
    return share && mix ? { ...arrays, behind: 1 } : arrays;
  };
  const pending = new Map<number, Promise<BatchArrays>>();
  const start = (index: number): Promise<BatchArrays> => {
    const begun = pending.get(index) ?? gatherAt(index);
    // An error shows to who reads the batch, which may be nobody.
    begun.catch(() => {});
    pending.set(index, begun);
    return begun;
  };
  return async (index: number): Promise<BatchTensors> => {
    const arrays = start(index);
    // This batch stays, as a routine may use one for two updates in a row.
    for (const other of pending.keys()) if (other !== index) pending.delete(other);
    const batchArrays = await arrays;
    if (dataset.prepare) start(index + 1);
    return toTensors(dataset, batchArrays);
  };
}

/** Batches of a split in its own order and without augmentation, the last one as long as what is left. */
export async function* evaluationBatches(
  dataset: OpenDataset,
  options: { readonly split: string; readonly size: number; readonly batch: number },
): AsyncGenerator<{ readonly examples: number; readonly tensors: BatchTensors }> {
  const { split, size, batch } = options;
  for (let start = 0; start < size; start += batch) {
    const length = Math.min(batch, size - start);
    const wanted = Array.from({ length }, (_, at) => ({ index: start + at, key: null }));
    yield { examples: length, tensors: toTensors(dataset, await gather(dataset, split, wanted)) };
  }
}
