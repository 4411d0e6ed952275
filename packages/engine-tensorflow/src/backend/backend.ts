import type * as tf from '@tensorflow/tfjs';
import type { Device } from '../binding/context';
import type { Choices } from '../choices/choices';
import type { CompiledStep, Step, StepOptions } from './steps';
import type { TensorEntry, UpstreamBackend } from './upstream';

/** The tfjs backend `tensorflow`. */
export interface TensorFlowBackend extends UpstreamBackend {
  /** TensorFlow's version. */
  readonly version: string;
  readonly devices: readonly Device[];
  /** Which way is taken where there are several. */
  readonly choices: Choices;
  /** The entry of a tensor. */
  entry(tensor: tf.TensorInfo): TensorEntry;
  /** Makes a step one function of TensorFlow's; see `compile` of `@overparam/engine` for what a step may do. */
  compileStep(step: Step, options?: StepOptions): CompiledStep;
}
