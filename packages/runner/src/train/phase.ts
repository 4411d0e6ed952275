import { decayPenalty, forward, type Parameter, type Phase, type Task } from '@overparam/core-reparam';
import { allFinite, type CompiledStep, compile, type Optimiser } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { movingParameters, rateFactors } from './groups';

/** What a phase's step is made of. */
export interface PhaseParts {
  readonly phase: Phase;
  readonly model: tf.LayersModel;
  readonly parameters: readonly Parameter[];
  /** One for each output of the model, in their order. */
  readonly tasks: readonly Task[];
  readonly optimiser: Optimiser;
  /** Coefficient of the expansions' penalties. */
  readonly penalty: number;
}

/** Whether a task's label is one class index an image, so that a training error can be counted. */
export function hasClassLabel(task: Task): boolean {
  return task.label.shape.length === 0 && task.label.dtype === 'int32';
}

/** Losses, and the number of wrong class predictions, by task; the caller disposes. */
function measure(tasks: readonly Task[], predictions: readonly tf.Tensor[], inputs: tf.NamedTensorMap) {
  const losses: Record<string, tf.Scalar> = {};
  const wrong: Record<string, tf.Scalar> = {};
  tasks.forEach((task, index) => {
    const label = inputs[`label/${task.name}`]!;
    losses[task.name] = task.loss(predictions[index]!, label);
    if (hasClassLabel(task)) {
      wrong[task.name] = tf.sum(tf.cast(tf.notEqual(tf.argMax(predictions[index]!, -1), label), 'int32'));
    }
  });
  return { losses, wrong };
}

/** The tasks whose losses a phase follows, with the model outputs they stand at. */
function followedTasks(phase: Phase, tasks: readonly Task[]): readonly Task[] {
  const { loss } = phase;
  return loss === 'balanced' ? tasks : tasks.filter(({ name }) => name === loss.task);
}

/** The loss that is reported and the one that is descended, which adds the penalties. */
export function phaseLoss(
  parts: Pick<PhaseParts, 'phase' | 'model' | 'tasks' | 'penalty'>,
  inputs: tf.NamedTensorMap,
  updateStatistics = true,
): {
  readonly loss: tf.Scalar;
  readonly descended: tf.Scalar;
  readonly wrong: Readonly<Record<string, tf.Scalar>>;
} {
  const { phase, model, tasks, penalty } = parts;
  const task = phase.loss === 'balanced' ? null : phase.loss.task;
  const predictions = forward(model, inputs.x!, { mode: 'train', task, updateStatistics });
  const { losses, wrong } = measure(tasks, predictions, inputs);
  const followed = followedTasks(phase, tasks).map(({ name }) => losses[name]!);
  const loss = followed.length === 1 ? followed[0]! : (tf.addN(followed) as tf.Scalar);
  const descended = penalty > 0 ? (tf.add(loss, tf.mul(decayPenalty(model), penalty)) as tf.Scalar) : loss;
  return { loss, descended, wrong };
}

/**
 * One training step of a phase, compiled. It takes `x`, `label/<task>` and `rate`, and gives `loss` (without
 * the penalty), `finite`, and `wrong/<task>`. A step with a non-finite loss or gradient leaves parameters
 * and optimiser slots as they were.
 */
export function compilePhase(parts: PhaseParts): CompiledStep {
  const { phase, parameters, optimiser } = parts;
  const moving = movingParameters(phase, parameters);
  const factors = rateFactors(phase, moving);
  const nameByVariable = new Map(moving.map((parameter) => [parameter.variable.name, parameter.name]));
  return compile((inputs) => {
    const kept: Record<string, tf.Tensor> = {};
    const { value, grads } = tf.variableGrads(
      () => {
        const { loss, descended, wrong } = phaseLoss(parts, inputs as tf.NamedTensorMap);
        // The gradient's own scope disposes what it makes. The copies outlive it, until the outputs are made.
        kept.loss = tf.keep(tf.clone(loss));
        for (const [task, count] of Object.entries(wrong)) kept[`wrong/${task}`] = tf.keep(tf.clone(count));
        return descended;
      },
      moving.map(({ variable }) => variable),
    );
    const gradients: Record<string, tf.Tensor> = {};
    for (const [variable, gradient] of Object.entries(grads)) {
      if (gradient) gradients[nameByVariable.get(variable)!] = gradient;
    }
    const finite = allFinite([value, ...Object.values(gradients)]);
    optimiser.update(gradients, { rate: inputs.rate as tf.Scalar, rateFactors: factors, apply: finite });
    const outputs = Object.fromEntries(
      Object.entries(kept).map(([name, tensor]) => [name, tf.clone(tensor)]),
    );
    tf.dispose(kept);
    return { ...outputs, finite };
  });
}
