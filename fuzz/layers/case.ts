import type * as tf from '@tensorflow/tfjs';
import type fc from 'fast-check';

/** Numbers with a shape, in doubles: what references are computed with, without any tensor library. */
export interface Plain {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** What a layer should give. */
export interface Expected extends Plain {
  /**
   * What rounding is measured by: the largest sum of the absolute values of what was added up. The largest value itself
   * where left out, which is too little where terms cancel.
   */
  readonly scale?: number;
}

/** What a layer is given. */
export interface Input {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
  /** `float32` or `int32`, by the values' type; `bool` where so named. */
  readonly dtype?: 'bool';
  /** Whether the gradient with respect to it is compared as well. */
  readonly differentiable?: boolean;
}

/** One layer, its inputs, and the same in plain sums. */
export interface LayerCase {
  readonly inputs: readonly Input[];
  /** Made before the layer runs, such as variables; `run` may use it. */
  prepare?(): { dispose(): void };
  /** In tfjs's ops; reads no value. */
  run(inputs: readonly tf.Tensor[]): readonly tf.Tensor[];
  /** What `run` should give; called again and again with inputs slightly changed, where gradients are compared. */
  expected(inputs: readonly Plain[]): readonly Expected[];
  /** The gradients by a formula, where differences cannot tell: at ties and kinks. `dys` in the order of the outputs. */
  gradients?(inputs: readonly Plain[], dys: readonly Plain[]): readonly (Plain | null)[];
  /** Largest error of the output, relative to its scale; 1e-5 where left out. */
  readonly tolerance?: number;
  /** The size of a gradient's elements that rounding is measured by at least; for functions that become flat. */
  readonly gradientScale?: number;
}

/** A kind of layer. */
export interface Family<Parameters = unknown> {
  readonly name: string;
  /** How many of its cases there are for one of a family of weight 1. */
  readonly weight: number;
  /** All that a case follows from; printed as JSON where it fails. */
  readonly parameters: fc.Arbitrary<Parameters>;
  build(parameters: Parameters): LayerCase;
}

/** Keeps a family's own type of parameters to itself. */
export function family<Parameters>(given: Family<Parameters>): Family {
  return given as unknown as Family;
}
