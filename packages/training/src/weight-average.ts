import { type Length, lengthInUpdates } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork } from './network';

/** Averages of weights that are evaluated and deployed in place of the weights themselves. */
export type WeightAveraging = ExponentialAveraging | StochasticAveraging;

/** The exponential moving average (EMA). */
export interface ExponentialAveraging {
  readonly by?: 'ema';
  /** Share of the average that stays at each update, from 0 up to, but not including, 1. */
  readonly decay: number;
}

/**
 * The equal mean of the weights at several updates (SWA), whose norms are given statistics anew. Until the first of them,
 * the weights themselves are evaluated.
 */
export interface StochasticAveraging {
  readonly by: 'swa';
  /** Updates done when the weights are taken for the first time; 1 or more. */
  readonly from: number;
  /** Updates from one time to the next; 1 or more. */
  readonly every: number;
}

/** The same as a config says it, in lengths of training. */
export interface LongAveraging {
  readonly by: 'swa';
  readonly from: Length;
  readonly every: Length;
}

/** Averaging with its lengths in updates. */
export function averagingIn(
  averaging: WeightAveraging | LongAveraging | null,
  run: Parameters<typeof lengthInUpdates>[1],
): WeightAveraging | null {
  if (averaging?.by !== 'swa') return averaging;
  const updates = (length: Length | number) =>
    Math.max(1, typeof length === 'number' ? length : lengthInUpdates(length, run));
  return { by: 'swa', from: updates(averaging.from), every: updates(averaging.every) };
}

/** How often the weights were taken by when so many updates are done, of those after `since`. */
function timesTaken({ from, every }: StochasticAveraging, done: number, since: number): number {
  const until = (updates: number) => (updates < from ? 0 : Math.floor((updates - from) / every) + 1);
  return until(done) - until(since);
}

/** Where in a run averages stand. */
export interface AverageMoment {
  /** Updates done. */
  readonly done: number;
  /** Updates done when the averages were begun, as where a routine changes the network. */
  readonly since: number;
}

/** Whether averages hold anything yet. */
export function hasAverage(averaging: WeightAveraging | null, { done, since }: AverageMoment): boolean {
  if (averaging === null) return false;
  return averaging.by === 'swa' ? timesTaken(averaging, done, since) > 0 : done > 0;
}

/**
 * Which share of the averages stays at an update, as PyTorch's AveragedModel has it: a first time copies; SWA's mean of n
 * and one more keeps n / (n + 1); between its times all stays.
 *
 * @param moment  after the update
 * @param first   whether no update has moved anything before
 */
export function averageDecay(averaging: WeightAveraging, moment: AverageMoment, first: boolean): number {
  if (averaging.by !== 'swa') return first ? 0 : averaging.decay;
  const { done, since } = moment;
  const times = timesTaken(averaging, done, since);
  return times === timesTaken(averaging, done - 1, since) ? 1 : (times - 1) / times;
}

/**
 * Refuses times that lie between the updates at which gradients that were added up move the weights.
 *
 * @throws OverparamError `unsupported-accumulation`
 */
export function checkAveraging(averaging: WeightAveraging | null, accumulate: number): void {
  if (averaging?.by !== 'swa') return;
  const { from, every } = averaging;
  if (from % accumulate === 0 && every % accumulate === 0) return;
  throw new OverparamError(
    'unsupported-accumulation',
    `averageWeights takes the weights after ${from} batches and every ${every} from there, and accumulate: ${accumulate} moves them at every ${accumulate}th. Choose multiples of ${accumulate}, as { updates: ${Math.ceil(from / accumulate) * accumulate} }.`,
  );
}

/** An average of each parameter of a network, beside the network. */
export interface WeightAverage {
  /** By parameter; they belong to this. */
  readonly slots: ReadonlyMap<string, tf.Variable>;
  /** Disposes them. */
  dispose(): void;
}

/** Averages that begin with the parameters as they are. */
export function createWeightAverage({ parameters }: Pick<TrainedNetwork, 'parameters'>): WeightAverage {
  const slots = new Map(
    parameters.map(({ name, variable }) => [name, tf.tidy(() => tf.variable(tf.clone(variable), false))]),
  );
  return {
    slots,
    dispose() {
      for (const slot of slots.values()) slot.dispose();
      slots.clear();
    },
  };
}

/**
 * Moves all averages towards the parameters as an update has left them: a = a + (1 - decay) (p - a). PyTorch's first update
 * copies the parameters, which is what a decay of 0 does. Reads no value.
 *
 * Source: https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * @param decay  scalar
 * @param apply  bool: false leaves the averages as they were
 */
export function moveAverage(
  { slots }: WeightAverage,
  { parameters }: Pick<TrainedNetwork, 'parameters'>,
  { decay, apply }: { readonly decay: tf.Scalar; readonly apply: tf.Scalar },
): void {
  tf.tidy(() => {
    // Where nothing is to move, the share that moves is 0: parameters are finite in either case.
    const share = tf.mul(tf.sub(1, decay), tf.cast(apply, 'float32'));
    for (const { name, variable } of parameters) {
      const slot = slots.get(name)!;
      slot.assign(tf.add(slot, tf.mul(tf.sub(variable, slot), share)));
    }
  });
}

/** What is trained, with its average. */
export interface Averaged {
  readonly network: Pick<TrainedNetwork, 'parameters' | 'states'>;
  readonly weightAverage: WeightAverage | null;
}

/**
 * Puts the averages in place of the parameters for good; without any, nothing happens. Norms keep the statistics that they
 * have, as PyTorch's averaged model takes over its source's; see `reestimateNorms`.
 */
export function takeAverage({ network, weightAverage }: Averaged): void {
  if (weightAverage === null) return;
  for (const { name, variable } of network.parameters)
    tf.tidy(() => variable.assign(tf.clone(weightAverage.slots.get(name)! as tf.Tensor)));
}

/** Does something while the averages stand in place of the parameters, which come back bit for bit, as do statistics of norms. */
export async function withAverage<Result>(trained: Averaged, work: () => Promise<Result>): Promise<Result> {
  if (trained.weightAverage === null) return work();
  const { parameters, states } = trained.network;
  const variables = [...parameters, ...states].map(({ variable }) => variable);
  const before = variables.map((variable) => tf.tidy(() => tf.clone(variable as tf.Tensor)));
  takeAverage(trained);
  try {
    return await work();
  } finally {
    variables.forEach((variable, index) => {
      variable.assign(before[index]!);
    });
    tf.dispose(before);
  }
}
