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
