import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { TaskPicture } from './picture';

/**
 * What a task's answer is like, which is all that a head or a backbone asks of it.
 *
 * - `class`: one class for an example; labels `[]` of class indices, predictions `[outputs]`.
 * - `dense`: an answer for every pixel; labels `[h, w]` or `[h, w, channels]`, predictions `[h, w, outputs]`.
 * - `vector`: numbers for an example; labels of any shape, predictions `[outputs]`.
 */
export type TaskForm = 'class' | 'dense' | 'vector';

/** One figure that a task reports. */
export interface MetricSpec {
  readonly name: string;
  readonly direction: 'higher' | 'lower';
  /** Stands behind the figure and its title in tables, such as `%`, `m` or `°`; empty where there is none. */
  readonly unit: string;
  /** What tables call it, without the unit, such as `abs err`; its name where left out. */
  readonly title?: string;
  /** Digits behind the point in tables; where left out, 2 for `%` and `°`, 4 for other units. */
  readonly digits?: number;
}

/** What lies behind a task's figures, for reports: counts, figures by class. NaN where nothing was counted. */
export type MetricDetails = Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;

/** Collects a metric over a whole split, in doubles. */
export interface MetricAccumulator {
  /** Takes one batch's predictions and labels as plain numbers, in the tensors' row-major order. */
  add(prediction: Float32Array, label: Float32Array | Int32Array, examples: number): void;
  /** Value by metric name over all that was added; NaN where nothing valid was. */
  result(): Readonly<Record<string, number>>;
  /** Such as `confusionMatrix` (rows are the truth) and `classIoU`; absent where a task has no more to tell. */
  details?(): MetricDetails;
}

/** A label's form in a batch. */
export interface LabelSpec {
  /** Shape of one example's label; `[]` for a class index. */
  readonly shape: readonly number[];
  /** `int32` for class indices, from 0 and below `outputs`, -1 where one is missing; `float32` for numbers. */
  readonly dtype: 'float32' | 'int32';
}

/** What a network learns: what its answer is like, a loss, metrics, and which labels count. */
export interface Task {
  readonly name: string;
  /** Name of the kind that it is of, for messages and reports. What to do with a task follows from the rest of it. */
  readonly kind: string;
  readonly form: TaskForm;
  /** Channels of the head's last layer. */
  readonly outputs: number;
  /** Whether predictions are directions, which heads scale to length 1; no where left out. */
  readonly unitLength?: boolean;
  readonly label: LabelSpec;
  /**
   * Mean loss over the valid labels of a batch; 0 where none is valid. Reads no value, so that it can be
   * compiled.
   */
  loss(prediction: Tensor, label: Tensor): Scalar;
  /**
   * Number of valid labels in a batch: of examples, pixels or elements, as the loss averages over them. A task
   * with none is absent from that batch. Reads no value; the caller disposes.
   */
  validLabels(label: Tensor): Scalar;
  /** The metrics; the first is the headline figure. */
  readonly metrics: readonly MetricSpec[];
  /** A new, empty accumulator of {@link metrics}. */
  accumulator(): MetricAccumulator;
  /**
   * Draws one example's prediction beside its label, on one scale; a pure function. Absent where there is nothing to
   * look at.
   *
   * @param prediction  in the tensor's row-major order, without the batch axis, as `label` is
   */
  picture?(prediction: Float32Array, label: Float32Array | Int32Array): TaskPicture;
}
