import { foldKey, keyFromSeed, normalTensor, randomUniform } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import type { Task } from '../contracts';
import type { TaskKit } from './task';

/** Examples of a batch: enough for several ways to split it. */
export const examples = 6;

/** A batch as plain numbers. */
export interface Batch {
  readonly prediction: Float32Array;
  readonly label: Float32Array | Int32Array;
  readonly count: number;
}

/** A task on made-up batches. */
export class Trial {
  /** Labels that one example is made of, and the numbers of each. */
  readonly labels: number;
  readonly width: number;
  /** Shape of one example's prediction, as a head of the task's form gives it. */
  readonly prediction: readonly number[];

  constructor(
    readonly task: Task,
    readonly kit: TaskKit,
  ) {
    this.width = kit.label(0).length;
    this.labels = sizeOf(task.label.shape) / this.width;
    const { form, label, outputs } = task;
    this.prediction = form === 'dense' ? [...label.shape.slice(0, 2), outputs] : [outputs];
  }

  /** A batch in which some labels are missing, by their index in the batch. */
  batch(seed: number, isMissing: (index: number) => boolean = () => false): Batch {
    const key = keyFromSeed(seed);
    const places = randomUniform(foldKey(key, 'labels'), examples * this.labels);
    const label = this.emptyLabel(examples);
    places.forEach((at, index) => {
      const values = isMissing(index) ? this.kit.missing! : this.kit.label(at);
      label.set(values, index * this.width);
    });
    const size = examples * sizeOf(this.prediction);
    const prediction = tf.tidy(
      () => normalTensor(foldKey(key, 'prediction'), [size], 0, 1).dataSync() as Float32Array,
    );
    return { prediction: prediction.slice(), label, count: examples };
  }

  /** Examples `from` up to but not `to` of a batch. */
  part({ prediction, label }: Batch, from: number, to: number): Batch {
    const [wide, narrow] = [sizeOf(this.prediction), this.labels * this.width];
    return {
      prediction: prediction.slice(from * wide, to * wide),
      label: label.slice(from * narrow, to * narrow),
      count: to - from,
    };
  }

  emptyLabel(count: number): Float32Array | Int32Array {
    const size = count * this.labels * this.width;
    return this.task.label.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  }

  tensors({ prediction, label, count }: Batch): { readonly x: tf.Tensor; readonly y: tf.Tensor } {
    return {
      x: tf.tensor(prediction, [count, ...this.prediction]),
      y: tf.tensor(label, [count, ...this.task.label.shape], this.task.label.dtype),
    };
  }

  /** The loss, its gradient and the number of valid labels. */
  evaluate(batch: Batch): { readonly loss: number; readonly gradient: Float32Array; readonly valid: number } {
    return tf.tidy(() => {
      const { x, y } = this.tensors(batch);
      const { value, grad } = tf.valueAndGrad((given) => this.task.loss(given, y))(x);
      return {
        loss: value.dataSync()[0]!,
        gradient: grad.dataSync().slice() as Float32Array,
        valid: this.task.validLabels(y).dataSync()[0]!,
      };
    });
  }

  metrics(...batches: readonly Batch[]): Readonly<Record<string, number>> {
    const accumulator = this.task.accumulator();
    for (const { prediction, label, count } of batches) accumulator.add(prediction, label, count);
    return accumulator.result();
  }
}

/** How many numbers a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
