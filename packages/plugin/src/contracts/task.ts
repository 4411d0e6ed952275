import type { Scalar, Tensor } from '@tensorflow/tfjs';

/** One figure that a task reports. */
export interface MetricSpec {
  readonly name: string;
  readonly direction: 'higher' | 'lower';
  /** Unit for tables, such as `%`, `m` or `deg`. */
  readonly unit: string;
  /** What tables call it, without its unit, such as `mIoU` or `top-1 error`; its name where absent. */
  readonly title?: string;
  /** Digits behind the point that tables show; where absent, 2 for `%` and `deg` and 4 for other units. */
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
  readonly dtype: 'float32' | 'int32';
}

/** What a network learns: a head's width, a loss, metrics, and which labels count. */
export interface Task {
  readonly name: string;
  /** Channels of the head's last layer. */
  readonly outputs: number;
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
}
