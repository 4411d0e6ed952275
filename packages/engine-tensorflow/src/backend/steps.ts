import type * as tf from '@tensorflow/tfjs';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A step in tfjs's ops. */
export type Step = (inputs: Tensors) => Tensors;

/** A step that is compiled for each kind of inputs when they first come. */
export interface CompiledStep {
  (inputs: Tensors): Tensors;
  dispose(): void;
}

/**
 * What a step's activations are computed in. `bfloat16`: convolutions and products, forward and back, and what lies
 * between them, with sums in float32; parameters, statistics, losses and updates are float32 in both.
 */
export type Precision = 'float32' | 'bfloat16';

/** What backward passes read of their forward pass: all of it kept until then, or parts of it made again. */
export type RecomputeMode = 'none' | 'blocks';

/** How far a step with backward passes is. */
export type PassState = 'forward' | 'backward' | 'done';

/** What a step's passes hold at most, in bytes: activations and gradients, by what is kept. */
export type PassMemory = Readonly<Record<RecomputeMode, number>>;

/** How a step is compiled. */
export interface StepOptions {
  /** `float32` where left out. */
  readonly precision?: Precision;
  /** `none` where left out. */
  readonly recompute?: RecomputeMode;
  /** Whether variables stay as they are at the first call, and are not assigned; false where left out. */
  readonly frozen?: boolean;
}
