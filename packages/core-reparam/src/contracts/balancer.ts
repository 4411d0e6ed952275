import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { z } from 'zod';
import type { Tensors } from './method';

/** What a balancer asks the training step for. */
export type BalancerNeed = 'losses' | 'gramian' | 'gradients' | 'lossesAfterStep';

/** What a training step hands over; only what was asked for is there. */
export interface BalancerInputs {
  /** `[tasks]` */
  readonly losses: Tensor1D;
  /** Inner products of the tasks' gradients, `[tasks, tasks]`. */
  readonly gramian?: Tensor2D;
  /** One flattened gradient a task, for those that need more than inner products. */
  readonly gradients?: readonly Tensor1D[];
}

/** Weighs the losses of several tasks. */
export interface Balancer<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<Options>;
  readonly needs: readonly BalancerNeed[];
  /** First state for a number of tasks; the caller disposes. */
  initialise(tasks: number, options: Options): Tensors;
  /**
   * The tasks' weights at one update, and the state for the next.
   *
   * @param inputs   what {@link needs} asked for
   * @param present  `[tasks]`, 1 where a task has labels in this batch, else 0
   * @param state    as {@link initialise} or the last call gave it
   */
  weights(
    inputs: BalancerInputs,
    present: Tensor,
    state: Tensors,
    options: Options,
  ): { readonly weights: Tensor1D; readonly state: Tensors };
  /** Called with the losses before and after the step, where `lossesAfterStep` is needed. */
  afterStep?(before: Tensor1D, after: Tensor1D, state: Tensors, options: Options): Tensors;
}
