import { OverparamError } from '@overparam/errors';
import type { Schedule } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork } from './network';

/** The gradients of batches that count as one: one variable for each parameter, zero between. */
export interface GradientSums {
  /** How many batches count as one. */
  readonly batches: number;
  /** By parameter; they belong to this. */
  readonly slots: ReadonlyMap<string, tf.Variable>;
  /** Disposes them. */
  dispose(): void;
}

/** Sums at zero. */
export function createGradientSums(
  { parameters }: Pick<TrainedNetwork, 'parameters'>,
  batches: number,
): GradientSums {
  const slots = new Map(
    parameters.map(({ name, variable }) => [
      name,
      tf.tidy(() => tf.variable(tf.zeros(variable.shape), false)),
    ]),
  );
  return {
    batches,
    slots,
    dispose() {
      for (const slot of slots.values()) slot.dispose();
      slots.clear();
    },
  };
}

/** Whether the optimiser moves at an update, counted from 0, by the mean over it and those before. */
export function movesAt(update: number, batches: number): boolean {
  return (update + 1) % batches === 0;
}

/**
 * Adds a batch's share of the mean to the sums, which it gives back by name. Reads no value.
 *
 * @param apply  bool: false leaves the sums as they are, whatever the gradients hold
 */
export function addGradients(
  { slots, batches }: GradientSums,
  gradients: Readonly<Record<string, tf.Tensor>>,
  apply: tf.Scalar,
): Readonly<Record<string, tf.Tensor>> {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const slot = slots.get(name)!;
      tf.tidy(() => slot.assign(tf.where(apply, tf.add(slot, tf.div(gradient, batches)), slot)));
      return [name, slot];
    }),
  );
}

/** Zeroes sums once the optimiser has moved by them. */
export function clearSums({ slots }: GradientSums, names: readonly string[]): void {
  for (const name of names) {
    const slot = slots.get(name)!;
    tf.tidy(() => slot.assign(tf.zeros(slot.shape)));
  }
}

/**
 * Refuses accumulation where a routine moves other parameters within the batches that count as one.
 *
 * @throws OverparamError `unsupported-accumulation`
 */
export function checkAccumulation(
  batches: number,
  schedule: Schedule,
  updates: number,
  routine: string,
): void {
  if (batches === 1) return;
  const stage = (update: number) => schedule.stages.findLast(({ from }) => from <= update)?.from;
  for (let update = 0; update < updates; update++) {
    const first = update - (update % batches);
    if (schedule.at(update).phase === schedule.at(first).phase && stage(update) === stage(first)) continue;
    throw new OverparamError(
      'unsupported-accumulation',
      `accumulate: ${batches} takes the mean gradient of ${batches} batches, and the routine "${routine}" moves others at batch ${update} than at batch ${first}. Choose accumulate: 1, or a routine or length of its phases that changes every ${batches} batches.`,
    );
  }
}
