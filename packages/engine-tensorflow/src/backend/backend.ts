import type * as tf from '@tensorflow/tfjs';
import type { Device } from '../binding/context';
import type { Choices } from '../choices/choices';
import type { CompiledStep, PassMemory, PassState, Step, StepOptions, Tensors } from './steps';
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
  /** Why steps cannot be compiled in bfloat16 here, as half a sentence; null where they can. */
  bfloat16Problem(): string | null;
  /** About what a step's passes hold at most, in bytes, without and with blocks made again; nothing is computed. */
  estimatePasses(step: Step, inputs: Tensors, options?: StepOptions): PassMemory | null;
  /** Says, while a step is written down, where its forward pass begins and ends, and when its backward passes are done. */
  passesAre(state: PassState): void;
}
