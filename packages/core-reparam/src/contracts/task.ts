import type { Scalar, Tensor } from '@tensorflow/tfjs';

/** One figure that a task reports. */
export interface MetricSpec {
  readonly name: string;
  readonly direction: 'higher' | 'lower';
  /** Unit for tables, such as `%`, `m` or `deg`. */
  readonly unit: string;
}

/** Collects a metric over a whole split, in doubles. */
export interface MetricAccumulator {
  /** Takes one batch's predictions and labels as plain numbers, in the tensors' row-major order. */
  add(prediction: Float32Array, label: Float32Array | Int32Array, examples: number): void;
  /** Value by metric name over all that was added; NaN where nothing valid was. */
  result(): Readonly<Record<string, number>>;
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
  readonly metrics: readonly MetricSpec[];
  /** A new, empty accumulator of {@link metrics}. */
  accumulator(): MetricAccumulator;
}
