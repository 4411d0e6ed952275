import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { wrongLabel, wrongLabelAt } from './label-range';
import type { StepInputs } from './measure';
import { stepGradients } from './passes';
import { gradientParts, type PhaseParts } from './phase';
import { watchLayers } from './watch';

/** When an update happens. */
export interface Moment {
  readonly update: number;
  /** Epochs before it. */
  readonly epoch: number;
  readonly rate: number;
  /** Whether this worker wants all to stop after the update; for a team. */
  readonly stop?: boolean;
}

function hasFiniteValues(tensor: tf.Tensor): boolean {
  return tf.tidy(() => tf.all(tf.isFinite(tf.cast(tensor, 'float32'))).dataSync()[0] === 1);
}

/** Where the first non-finite value of a step is, found by repeating the step uncompiled. */
function firstNonFinite(parts: PhaseParts, inputs: StepInputs): string {
  const { model, parameters } = parts.network;
  const parameter = parameters.find(({ variable }) => !hasFiniteValues(variable));
  if (parameter) return `layer "${parameter.layer}" (its parameter "${parameter.name}" is not finite)`;
  if (!hasFiniteValues(inputs.x!)) return 'the input images';
  let found: string | null = null;
  const { descended, gradients } = watchLayers(
    model.layers,
    (layer, output) => {
      if (found === null && !hasFiniteValues(output)) found = layer;
    },
    () => stepGradients(gradientParts(parts), inputs, false),
  );
  if (found !== null) return `layer "${found as string}" (its output is not finite)`;
  if (!descended.every(hasFiniteValues)) return "the loss (every layer's output is finite)";
  // The backward pass goes from the last layer to the first.
  const broken = parameters.findLast(({ name }) => {
    const gradient = gradients[name];
    return gradient !== undefined && !hasFiniteValues(gradient);
  });
  if (broken) return `layer "${broken.layer}" (the gradient of "${broken.name}" is not finite)`;
  return 'no layer on the uncompiled repeat';
}

/** The error for a batch with a label that is no class, which no learning rate makes better. */
function labelError({ tasks }: PhaseParts, inputs: StepInputs, { update }: Moment): OverparamError | null {
  for (const task of tasks) {
    const labels = inputs[`label/${task.name}`]!.dataSync();
    const found = wrongLabelAt(task, labels);
    if (found >= 0) return wrongLabel(`The batch of update ${update + 1}`, task, labels[found]!);
  }
  return null;
}

/** The error for a step whose loss or gradient is not finite, with the layer where that begins, or the label that is at fault. */
export function nonFiniteError(parts: PhaseParts, inputs: StepInputs, at: Moment): OverparamError {
  const label = labelError(parts, inputs, at);
  if (label) return label;
  const where = tf.tidy(() => firstNonFinite(parts, inputs));
  return new OverparamError(
    'non-finite',
    `Update ${at.update + 1} (epoch ${at.epoch + 1}, phase "${parts.phase.name}", learning rate ${at.rate.toPrecision(3)}) has a ` +
      `non-finite loss or gradient; the first non-finite value is in ${where}. It did not change the parameters, and ` +
      'the checkpoints before it are kept. Lower the learning rate, lengthen the warm-up, or check the data.',
  );
}
