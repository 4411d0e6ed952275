import type * as tf from '@tensorflow/tfjs';
import type { Device } from '../binding/context';
import type { CompiledStep, PassState, Step, StepOptions } from './steps';
import type { TensorEntry, UpstreamBackend } from './upstream';

/** The tfjs backend `tensorflow`. */
export interface TensorFlowBackend extends UpstreamBackend {
  /** TensorFlow's version. */
  readonly version: string;
  readonly devices: readonly Device[];
  /** The entry of a tensor. */
  entry(tensor: tf.TensorInfo): TensorEntry;
  /** Makes a step one function of TensorFlow's; see `compile` of `@overparam/engine` for what a step may do. */
  compileStep(step: Step, options?: StepOptions): CompiledStep;
  /** Says, while a step is written down, where its forward pass begins and ends, and when its backward passes are done. */
  passesAre(state: PassState): void;
}
