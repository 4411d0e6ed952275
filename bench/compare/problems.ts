import { keyFromSeed, normalTensor, uniformTensor } from '@overparam/engine';
import type { DatasetTask, OpenDataset } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { ModelName } from './rows';

/** What a network is trained on, and how. */
export interface Problem {
  readonly backbone: Readonly<Record<string, unknown>>;
  readonly optimiser: 'sgd' | 'adam';
  readonly rate: number;
  /** Coefficient of the weight decay. */
  readonly decay: number;
  readonly inputShape: readonly [number, number, number];
  readonly tasks: readonly DatasetTask[];
  /** Labels by task for a batch of `size` images, made up; the caller disposes. */
  labels(size: number): Readonly<Record<string, tf.Tensor>>;
}

const classes = 100;

/** CIFAR-100 images and classes; SGD with Nesterov momentum. */
const classification = {
  optimiser: 'sgd',
  rate: 0.01,
  decay: 5e-4,
  inputShape: [32, 32, 3],
  tasks: [{ name: 'class', kind: 'classification', outputs: classes, label: { shape: [], dtype: 'int32' } }],
  labels: (size: number) => ({
    class: tf.tensor1d(
      Int32Array.from({ length: size }, (_, index) => (index * 37) % classes),
      'int32',
    ),
  }),
} as const;

const [height, width] = [288, 384];
const segments = 13;

/** NYUv2 at the size and with the optimiser of the published protocol. A part of each label is unknown. */
const scenes: Omit<Problem, 'backbone'> = {
  optimiser: 'adam',
  rate: 1e-4,
  decay: 0,
  inputShape: [height, width, 3],
  tasks: [
    {
      name: 'segmentation',
      kind: 'segmentation',
      outputs: segments,
      label: { shape: [height, width], dtype: 'int32' },
    },
    {
      name: 'depth',
      kind: 'depth',
      outputs: 1,
      label: { shape: [height, width, 1], dtype: 'float32' },
    },
    {
      name: 'normals',
      kind: 'normals',
      outputs: 3,
      label: { shape: [height, width, 3], dtype: 'float32' },
    },
  ],
  labels: (size) =>
    tf.tidy(() => {
      const pixels = size * height * width;
      const segmentation = tf.tensor(
        Int32Array.from({ length: pixels }, (_, index) => (Math.floor(index / 97) % (segments + 1)) - 1),
        [size, height, width],
        'int32',
      );
      const known = tf.cast(tf.greaterEqual(segmentation, 0), 'float32').expandDims(-1);
      const direction = normalTensor(keyFromSeed(3), [size, height, width, 3], 0, 1);
      const normals = direction.div(tf.norm(direction, 'euclidean', -1, true)).mul(known);
      const depth = uniformTensor(keyFromSeed(4), [size, height, width, 1], 0.5, 8).mul(known);
      return { segmentation, depth, normals };
    }),
};

/** Every model's problem. */
export const problems: Readonly<Record<ModelName, Problem>> = {
  resnet20: { backbone: { name: 'resnet', depth: 20 }, ...classification },
  resnet50: { backbone: { name: 'resnet50' }, ...classification },
  segnet: { backbone: { name: 'segnet', width: 64 }, ...scenes },
};

/** All that a network's form follows from; there are no examples to read. */
export function datasetOf({ inputShape, tasks }: Problem): OpenDataset {
  return { inputShape, tasks } as unknown as OpenDataset;
}

/** A batch of noise and labels by the names that a step takes, the same for all sides; the caller disposes. */
export function batchOf({ inputShape, labels }: Problem, size: number): tf.NamedTensorMap {
  const named = Object.entries(labels(size)).map(([task, label]) => [`label/${task}`, label] as const);
  return {
    x: normalTensor(keyFromSeed(2), [size, ...inputShape], 0, 1),
    ...Object.fromEntries(named),
  };
}
