import type { Averaging, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork, TrainedParameter } from './network';

/** Running averages of each task's gradient, one variable for each task and parameter that its loss moves. */
export interface Averages {
  /** By `<parameter>/average:<task>`; they belong to this. */
  readonly slots: ReadonlyMap<string, tf.Variable>;
  /** The average of a task's gradient of a parameter; null for a parameter that it does not move. */
  of(task: string, parameter: TrainedParameter): tf.Variable | null;
  /** Disposes the variables. */
  dispose(): void;
}

/** Averages at zero, of every parameter in layers that tasks share. */
export function createAverages(
  { parameters }: Pick<TrainedNetwork, 'parameters'>,
  tasks: readonly Task[],
): Averages {
  const slots = new Map<string, tf.Variable>();
  const nameOf = (task: string, { name }: TrainedParameter) => `${name}/average:${task}`;
  tf.tidy(() => {
    for (const parameter of parameters) {
      if (parameter.owner !== null) continue;
      for (const { name } of tasks) {
        if (parameter.task !== null && parameter.task !== name) continue;
        slots.set(nameOf(name, parameter), tf.variable(tf.zeros(parameter.variable.shape), false));
      }
    }
  });
  return {
    slots,
    of: (task, parameter) => slots.get(nameOf(task, parameter)) ?? null,
    dispose() {
      for (const slot of slots.values()) slot.dispose();
      slots.clear();
    },
  };
}

/**
 * What is differentiated where gradients are averaged.
 *
 * @param whole  the loss over all workers, where `loss` is this one's part of it; null where it is the whole
 */
export function averagedLoss(
  loss: tf.Scalar,
  of: Averaging['of'],
  whole: tf.Scalar | null = null,
): tf.Scalar {
  if (of === 'loss') return loss;
  // The gradient of the logarithm of a sum of parts, a part at a time.
  if (whole) return tf.div(loss, tf.add(whole, 1e-8)) as tf.Scalar;
  return tf.log(tf.add(loss, 1e-8)) as tf.Scalar;
}
