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

/** Added to a loss before its logarithm is taken. */
const leastLoss = 1e-8;

/** What is differentiated where gradients are averaged. */
export function averagedLoss(loss: tf.Scalar, of: Averaging['of']): tf.Scalar {
  return of === 'loss' ? loss : (tf.log(tf.add(loss, leastLoss)) as tf.Scalar);
}

/** Gradients of what {@link averagedLoss} gives, from those of the loss itself. */
export function ofAveraged(
  gradients: readonly (tf.Tensor | null)[],
  of: Averaging['of'],
  loss: tf.Scalar,
): (tf.Tensor | null)[] {
  if (of === 'loss') return [...gradients];
  return gradients.map((gradient) => gradient && tf.div(gradient, tf.add(loss, leastLoss)));
}
