import { OverparamError } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { movingParameters } from './groups';
import { type PhaseParts, phaseLoss } from './phase';

function hasFiniteValues(tensor: tf.Tensor): boolean {
  return tf.tidy(() => tf.all(tf.isFinite(tf.cast(tensor, 'float32'))).dataSync()[0] === 1);
}

/** Runs `work` while every layer of the model reports its output; the layers are as before afterwards. */
function watchLayers<Result>(
  model: tf.LayersModel,
  report: (layer: string, output: tf.Tensor) => void,
  work: () => Result,
): Result {
  const layers = model.layers;
  for (const layer of layers) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const output = call(inputs, kwargs);
      for (const tensor of Array.isArray(output) ? output : [output]) report(layer.name, tensor);
      return output;
    };
  }
  try {
    return work();
  } finally {
    // The method of the class shows again.
    for (const layer of layers) delete (layer as { call?: unknown }).call;
  }
}

/** Where the first non-finite value of a step is, found by repeating the step uncompiled. */
function firstNonFinite(parts: PhaseParts, inputs: tf.NamedTensorMap): string {
  const parameter = parts.parameters.find(({ variable }) => !hasFiniteValues(variable));
  if (parameter) return `layer "${parameter.layer}" (its parameter "${parameter.name}" is not finite)`;
  if (!hasFiniteValues(inputs.x!)) return 'the input images';
  let found: string | null = null;
  const moving = movingParameters(parts.phase, parts.parameters);
  const { value, grads } = watchLayers(
    parts.model,
    (layer, output) => {
      if (found === null && !hasFiniteValues(output)) found = layer;
    },
    () =>
      tf.variableGrads(
        () => phaseLoss(parts, inputs, false).descended,
        moving.map(({ variable }) => variable),
      ),
  );
  if (found !== null) return `layer "${found as string}" (its output is not finite)`;
  // The backward pass goes from the last layer to the first.
  const broken = moving.findLast(({ variable }) => {
    const gradient = grads[variable.name];
    return gradient !== undefined && gradient !== null && !hasFiniteValues(gradient);
  });
  if (!hasFiniteValues(value)) return "the loss (every layer's output is finite)";
  if (broken) return `layer "${broken.layer}" (the gradient of "${broken.name}" is not finite)`;
  return 'no layer on the uncompiled repeat';
}

/** The error for a step whose loss or gradient is not finite, with the layer where that begins. */
export function nonFiniteError(
  parts: PhaseParts,
  inputs: tf.NamedTensorMap,
  at: { readonly update: number; readonly epoch: number; readonly rate: number },
): OverparamError {
  const where = tf.tidy(() => firstNonFinite(parts, inputs));
  return new OverparamError(
    'non-finite',
    `Update ${at.update} (epoch ${at.epoch}, phase "${parts.phase.name}", learning rate ${at.rate.toPrecision(3)}) has a ` +
      `non-finite loss or gradient; the first non-finite value is in ${where}. It did not change the parameters, and ` +
      'the checkpoints before it are kept. Lower the learning rate, lengthen the warm-up, or check the data.',
  );
}
