import * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork } from './network';

/** The exponential moving average of weights that is evaluated and deployed in place of the weights themselves. */
export interface WeightAveraging {
  /** Share of the average that stays at each update, from 0 up to, but not including, 1. */
  readonly decay: number;
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
  readonly network: Pick<TrainedNetwork, 'parameters'>;
  readonly weightAverage: WeightAverage | null;
}

/**
 * Puts the averages in place of the parameters for good, as a run does at its end; without any, nothing happens. Norms keep the
 * statistics that they have, as PyTorch's averaged model takes over its source's.
 */
export function takeAverage({ network, weightAverage }: Averaged): void {
  if (weightAverage === null) return;
  for (const { name, variable } of network.parameters)
    tf.tidy(() => variable.assign(tf.clone(weightAverage.slots.get(name)! as tf.Tensor)));
}

/** Does something while the averages stand in place of the parameters, which come back bit for bit. */
export async function withAverage<Result>(trained: Averaged, work: () => Promise<Result>): Promise<Result> {
  if (trained.weightAverage === null) return work();
  const { parameters } = trained.network;
  const before = parameters.map(({ variable }) => tf.tidy(() => tf.clone(variable as tf.Tensor)));
  takeAverage(trained);
  try {
    return await work();
  } finally {
    parameters.forEach(({ variable }, index) => {
      variable.assign(before[index]!);
    });
    tf.dispose(before);
  }
}
