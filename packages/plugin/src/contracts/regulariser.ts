import type { OptionsSchema } from '@overparam/engine';
import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { PartSource } from './source';

/** What is known when a config is read. */
export interface RegulariserSetup {
  /** Names of the tasks, in the order of all that comes by task. */
  readonly tasks: readonly string[];
  /** Examples in one update. */
  readonly batch: number;
}

/** One output of the trunk that all tasks share, in a training step. */
export interface SharedOutput {
  /** `[n, h, w, c]` or `[n, c]`, float32. */
  readonly output: Tensor;
  /** Each task's saliency: the gradient of its loss with respect to {@link output}, of the same shape; zeros where the task is absent. */
  readonly saliencies: readonly Tensor[];
}

/**
 * Adds to the loss of several tasks what follows from the representation that they share.
 *
 * The penalty is a part of the compiled step: it reads no value. It is differentiated through the saliencies, which are
 * gradients themselves: all that lies between the trunk and the losses is differentiated twice, and what cannot be is
 * refused when the run is planned. It moves trunk and heads, whatever the balancer, in phases that follow all tasks.
 */
export interface Regulariser<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  readonly options: OptionsSchema<Options>;
  /** Whether it can do this, asked when the config is read: true, or the reason why not and what to do. */
  supports(setup: RegulariserSetup, options: Options): true | string;
  /**
   * What is added to the loss, with its coefficients.
   *
   * @param outputs  one for each layer at the border of the trunk, side by side
   */
  penalty(outputs: readonly SharedOutput[], options: Options): Scalar;
}
