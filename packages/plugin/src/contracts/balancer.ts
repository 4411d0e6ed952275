import type { Key, OptionsSchema } from '@overparam/engine';
import type { Tensor } from '@tensorflow/tfjs';
import type { PartSource } from './source';

/**
 * What a balancer asks the training loop for.
 *
 * - `losses`: the weights follow from the losses of this very step, so a forward pass comes first. Without this,
 *   and without a Gramian, losses enter the state alone: the loop asks for the weights before the step with
 *   any losses, drops that state, and asks again after it with the true ones for the state.
 * - `gramian`: inner products of the tasks' gradients. The losses of the step come with them.
 * - `averagedGradients`: the loop keeps a running average of each task's gradient, as {@link Averaging} says.
 *   The Gramian is then of these averages, and the weights multiply them.
 * - `secondBatch`: inner products of the tasks' gradients with those on another batch, drawn independently of this one.
 *   The Gramian of this batch comes with them. Refused where the data has a single batch, and for gradients on the
 *   representation, which two batches do not share.
 * - `elements`: each task's gradient by itself in the update, for `elementFactors`.
 * - `lossesAfterStep`: losses of the same batch after the update, for `afterStep`.
 */
export type BalancerNeed =
  | 'losses'
  | 'gramian'
  | 'averagedGradients'
  | 'secondBatch'
  | 'elements'
  | 'lossesAfterStep';

/**
 * Whose gradients are meant: with respect to shared parameters, or to the shared representation of a batch.
 */
export type GradientSpace = 'parameters' | 'representation';

/** What is known when a config is read. */
export interface BalancerSetup {
  /** Names of the tasks, in the order of all numbers by task. */
  readonly tasks: readonly string[];
  readonly gradients: GradientSpace;
}

/** State between updates: plain numbers, all finite, so that a checkpoint can hold it as JSON. */
export type BalancerState = Readonly<Record<string, StateValue>>;

/** A number, or numbers by task or by pair of tasks. */
export type StateValue = number | readonly number[] | readonly (readonly number[])[];

/** What a training step hands over. */
export interface BalancerInputs {
  /** Updates before this one, in the whole run. */
  readonly update: number;
  /** Epochs before this one. */
  readonly epoch: number;
  /** A key of this update's own; a balancer that draws something folds its purpose into it. */
  readonly key: Key;
  /** Each task's loss; not read where the task is absent. See {@link BalancerNeed} for whose they are. */
  readonly losses: readonly number[];
  /** `[tasks][tasks]`, where it is needed; rows and columns of absent tasks are not read. */
  readonly gramian?: readonly (readonly number[])[];
  /**
   * `[tasks][tasks]`, under `secondBatch`: products of the gradients on this batch (rows) with those on the other
   * (columns), in expectation the Gramian of the true gradients, without the batch's own noise in it. Neither symmetric
   * nor positive. A column is 0 where its task has no label in the other batch.
   */
  readonly crossGramian?: readonly (readonly number[])[];
}

/** A balancer's answer. Tasks that are absent get 0. */
export interface BalancerWeights {
  /**
   * Factors of the tasks' gradients in the update of all that is shared: of the losses' gradients, or, under
   * `averagedGradients`, of the running averages.
   */
  readonly weights: readonly number[];
  /** Factors of the tasks' losses in the update of what is a task's own: its head above all. */
  readonly heads: readonly number[];
  readonly state: BalancerState;
}

/** How the loop averages gradients: `average = decay * average + (1 - decay) * gradient`, from zero. */
export interface Averaging {
  /** What is differentiated: the loss, or `log(loss + 1e-8)`. */
  readonly of: 'loss' | 'logLoss';
  /** From 0 up to but not 1. */
  readonly decay: number;
}

/**
 * What holds of a balancer's combined gradient, the weighted sum of the tasks' gradients, whatever they are; the kit
 * looks for problems that contradict what is declared, in both directions. What is left out is neither claimed nor denied.
 */
export interface BalancerProperties {
  /**
   * Whether no task is harmed, its product with the combined gradient not being negative: `always`, where the
   * gradients are linearly `independent`, or not (`no`).
   */
  readonly harmless?: 'always' | 'independent' | 'no';
  /**
   * Whether the combined gradient is linear in positive factors of the tasks' losses: with factors `a c + b d`, it is `a`
   * times that with c plus `b` times that with d.
   */
  readonly linear?: boolean;
  /** Whether it stays the same when the tasks come in another order. */
  readonly symmetric?: boolean;
}

/**
 * Weighs the losses of several tasks.
 *
 * It computes with plain numbers, in doubles, outside of any compiled step: a first compiled part gives the
 * losses and the Gramian, a few dozen numbers; the balancer turns them into weights; a second part takes
 * the weights as a tensor. So a solver may iterate as it likes, and runs the same on every backend. A
 * balancer that needs neither a Gramian nor the losses of this very step is no exception: its weights are
 * fed in like others.
 *
 * All functions are pure. Inputs that are not finite give weights of NaN and the state unchanged: the loop's
 * gate then skips the update.
 */
export interface Balancer<Options = unknown> {
  readonly apiVersion: 1;
  readonly name: string;
  readonly summary: string;
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  readonly options: OptionsSchema<Options>;
  /** What it asks the training loop for, with these options. */
  needs(options: Options): readonly BalancerNeed[];
  /** Whether it can do this, asked when the config is read: true, or the reason why not and what to do. */
  supports(setup: BalancerSetup, options: Options): true | string;
  /** What holds of its combined gradient; nothing is said where left out. */
  properties?(options: Options): BalancerProperties;
  /** The state before the first update. */
  initialise(tasks: readonly string[], options: Options): BalancerState;
  /**
   * The weights of an update, and the state after it.
   *
   * @param present  by task, whether it has labels in this batch; the others are treated as if they were not
   *                 there, and keep their part of the state
   * @param state    as {@link initialise}, the last call or {@link afterStep} gave it
   */
  weights(
    inputs: BalancerInputs,
    present: readonly boolean[],
    state: BalancerState,
    options: Options,
  ): BalancerWeights;
  /** How gradients are averaged at an update; there where `averagedGradients` is needed. */
  averaging?(update: number, options: Options): Averaging;
  /**
   * Factors of the tasks' gradients in the update of what is shared, element by element, beside their weights; there
   * where `elements` is needed. It is a part of the compiled step: it reads no value.
   *
   * @param gradients  one tensor a task, all of one shape: each task's gradient of a parameter, times its weight; under
   *                   `gradients: representation` its gradient of an output of the trunk, times the sign of that
   *                   output and its weight, summed over the batch. Zeros for an absent task
   * @param uniform    numbers from 0 to 1 of that shape, drawn anew for each update
   * @returns          one tensor a task, of the same shape
   */
  elementFactors?(gradients: readonly Tensor[], uniform: Tensor, options: Options): readonly Tensor[];
  /** Takes the losses of one batch before and after its update; there where `lossesAfterStep` is needed. */
  afterStep?(
    before: readonly number[],
    after: readonly number[],
    present: readonly boolean[],
    state: BalancerState,
    options: Options,
  ): BalancerState;
}
