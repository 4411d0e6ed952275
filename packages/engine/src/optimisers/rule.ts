import type * as tf from '@tensorflow/tfjs';

/** Tensors of a parameter that an optimiser changes; all but `parameter` are its slots. */
export type StateName = 'parameter' | 'velocity' | 'first' | 'second' | 'step';

/** Constants of one parameter's update, as a kernel's attributes. */
export type Attributes = Readonly<Record<string, number | boolean>>;

/** Arrays of one parameter: what it has of {@link StateName}, and the gradient. */
export type Arrays = Readonly<Partial<Record<StateName, Float32Array>>> & { readonly gradient: Float32Array };

/** As {@link Arrays}, with tensors. */
export type StateTensors = Readonly<Partial<Record<StateName, tf.Tensor>>> & { readonly gradient: tf.Tensor };

/** One optimiser's arithmetic, in the two forms that backends need. */
export interface Rule {
  /** Name of the kernel that does one parameter's update in one call. */
  readonly kernel: string;
  readonly slots: readonly Exclude<StateName, 'parameter'>[];
  /** @param rateFactor factor on the learning rate */
  attributes(weightDecay: number, rateFactor: number): Attributes;
}

/** A rule's arithmetic on arrays and on tensors; both depend on their arguments only. */
export interface Arithmetic {
  /**
   * Writes the new state into `next`, rounding to float32 where PyTorch does.
   *
   * @param rate  learning rate before the attribute `rateFactor`
   */
  onArrays(
    now: Arrays,
    next: Readonly<Partial<Record<StateName, Float32Array>>>,
    rate: number,
    attributes: Attributes,
  ): void;
  /** The new state as tensors, without reading a value. */
  onTensors(
    now: StateTensors,
    rate: tf.Scalar,
    attributes: Attributes,
  ): Partial<Record<StateName, tf.Tensor>>;
}
