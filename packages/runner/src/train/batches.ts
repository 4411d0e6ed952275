import type { OpenDataset, Split } from '@overparam/core-reparam';
import { foldKey, type Key, permutation } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';

/** A batch as tensors by name: `x`, and `label/<task>` for each task. The caller disposes. */
export type BatchTensors = Record<string, tf.Tensor>;

/** Numbers of a batch before they become tensors. */
interface BatchArrays {
  readonly examples: number;
  readonly x: Float32Array;
  readonly labels: Readonly<Record<string, Float32Array | Int32Array>>;
}

function volume(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Reads examples by index, changes each by `change`, and lays them side by side. */
async function gather(
  dataset: OpenDataset,
  split: Split<unknown>,
  indices: ArrayLike<number>,
  change: (example: unknown, index: number) => unknown,
): Promise<BatchArrays> {
  const size = volume(dataset.inputShape);
  const x = new Float32Array(indices.length * size);
  const labels = Object.fromEntries(
    dataset.tasks.map(({ name, label }) => {
      const length = indices.length * volume(label.shape);
      return [name, label.dtype === 'int32' ? new Int32Array(length) : new Float32Array(length)];
    }),
  );
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]!;
    const example = change(await split.example(index), index);
    dataset.input(example, x, at * size);
    for (const { name, label } of dataset.tasks) {
      dataset.label(example, name, labels[name]!, at * volume(label.shape));
    }
  }
  return { examples: indices.length, x, labels };
}

function toTensors(dataset: OpenDataset, batch: BatchArrays): BatchTensors {
  const tensors: BatchTensors = { x: tf.tensor(batch.x, [batch.examples, ...dataset.inputShape], 'float32') };
  for (const { name, label } of dataset.tasks) {
    tensors[`label/${name}`] = tf.tensor(batch.labels[name]!, [batch.examples, ...label.shape], label.dtype);
  }
  return tensors;
}

/** Training batches by their number in the run; a pure function of key and number. */
export interface TrainingBatches {
  /** Batches in one pass over the data; what does not fill a batch is left out of that pass. */
  readonly perEpoch: number;
  /** Batch `index` of the run, counted from 0; the caller disposes its tensors. */
  read(index: number): Promise<BatchTensors>;
}

/**
 * Batches of the training split: a new order each pass, each image augmented by (pass, image).
 *
 * @param key   the run's key
 * @param size  number of examples used, the first of the split
 */
export function trainingBatches(
  dataset: OpenDataset,
  options: { readonly key: Key; readonly size: number; readonly batch: number; readonly augment: boolean },
): TrainingBatches {
  const { key, size, batch, augment } = options;
  const split = dataset.splits.train!;
  const perEpoch = Math.floor(size / batch);
  let order: { readonly epoch: number; readonly indices: Uint32Array } | null = null;
  // A routine may use one batch for two updates in a row.
  let last: { readonly index: number; readonly arrays: BatchArrays } | null = null;
  return {
    perEpoch,
    async read(index) {
      const epoch = Math.floor(index / perEpoch);
      if (order?.epoch !== epoch) order = { epoch, indices: permutation(foldKey(key, 'order', epoch), size) };
      if (last?.index !== index) {
        const start = (index % perEpoch) * batch;
        const arrays = await gather(
          dataset,
          split,
          order.indices.subarray(start, start + batch),
          (example, at) => (augment ? dataset.augment(example, foldKey(key, 'augment', epoch, at)) : example),
        );
        last = { index, arrays };
      }
      return toTensors(dataset, last.arrays);
    },
  };
}

/** Batches of a split in its own order and without augmentation, the last one as long as what is left. */
export async function* evaluationBatches(
  dataset: OpenDataset,
  options: { readonly split: string; readonly size: number; readonly batch: number },
): AsyncGenerator<{ readonly examples: number; readonly tensors: BatchTensors }> {
  const split = dataset.splits[options.split]!;
  for (let start = 0; start < options.size; start += options.batch) {
    const length = Math.min(options.batch, options.size - start);
    const indices = Array.from({ length }, (_, at) => start + at);
    const arrays = await gather(dataset, split, indices, (example) => example);
    yield { examples: length, tensors: toTensors(dataset, arrays) };
  }
}
