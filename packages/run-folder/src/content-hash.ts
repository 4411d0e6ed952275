import { createHash, type Hash } from 'node:crypto';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { OpenDataset } from '@overparam/plugin';

/** Examples that are read at a time. */
const chunk = 16;

/** One split of a run's data: how many examples of it are read, and the SHA-256 of what is read. */
export interface SplitHash {
  readonly examples: number;
  readonly sha256: string;
}

/** How {@link contentHashes} reads. */
export interface HashOptions {
  /** Told of examples done of all. */
  readonly progress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The SHA-256 of all that a run reads of its data, by split: inputs and labels of every example, as they are before
 * augmentation. The same files have the same hash wherever they are and however they are kept.
 *
 * @param sizes  how many examples of each split, the first of it; a split of none is left out
 */
export async function contentHashes(
  dataset: OpenDataset,
  sizes: Readonly<Record<string, number>>,
  { progress, signal }: HashOptions = {},
): Promise<Record<string, SplitHash>> {
  const used = Object.entries(sizes).filter(([, size]) => size > 0);
  const total = used.reduce((sum, [, size]) => sum + size, 0);
  const hashes: Record<string, SplitHash> = {};
  let done = 0;
  for (const [split, size] of used) {
    const hash = createHash('sha256').update(JSON.stringify([dataset.inputShape, dataset.tasks]));
    for (let start = 0; start < size; start += chunk) {
      if (signal?.aborted) throw stopped(signal);
      const indices = Array.from({ length: Math.min(chunk, size - start) }, (_, at) => start + at);
      for (const example of await read(dataset, split, indices)) addExample(hash, dataset, example);
      done += indices.length;
      progress?.(done, total, 'examples hashed');
    }
    hashes[split] = { examples: size, sha256: hash.digest('hex') };
  }
  return hashes;
}

function stopped({ reason }: AbortSignal): Error {
  if (isOverparamError(reason)) return reason;
  return new OverparamError(
    'interrupted',
    'Stopped while the data were read; what was trained before is saved.',
  );
}

async function read(
  dataset: OpenDataset,
  split: string,
  indices: readonly number[],
): Promise<readonly unknown[]> {
  const wanted = indices.map((index) => ({ index, key: null }));
  const one = (index: number) => dataset.splits[split]!.example(index);
  return dataset.prepare?.(split, wanted) ?? Promise.all(indices.map(one));
}

function addExample(hash: Hash, dataset: OpenDataset, example: unknown): void {
  const x = new Float32Array(volume(dataset.inputShape));
  dataset.input(example, x, 0);
  hash.update(x);
  for (const { name, label } of dataset.tasks) {
    const target =
      label.dtype === 'int32' ? new Int32Array(volume(label.shape)) : new Float32Array(volume(label.shape));
    dataset.label(example, name, target, 0);
    // Of the many words for NaN, engines of JavaScript do not keep which one it was.
    if (label.dtype === 'float32') {
      for (let i = 0; i < target.length; i++) if (Number.isNaN(target[i])) target[i] = Number.NaN;
    }
    hash.update(target);
  }
}

function volume(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
