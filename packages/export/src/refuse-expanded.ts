import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';

/** Layers that are there for training alone, by their class names. */
const training: readonly string[] = ['OverparamExpanded', 'OverparamNorm', 'OverparamDropout'];

/** The first layer of a network that is there for training alone, with the models that it is in; null where there is none. */
export function trainingLayer(model: tf.LayersModel, prefix = ''): string | null {
  for (const layer of model.layers) {
    if (training.includes(layer.getClassName())) return prefix + layer.name;
    const inner = layer instanceof tf.LayersModel ? trainingLayer(layer, `${prefix}${layer.name}/`) : null;
    if (inner !== null) return inner;
  }
  return null;
}

/**
 * Refuses a network that is still in the form in which it is trained.
 *
 * @param format  that it was to be written in
 * @throws OverparamError `expanded-network`
 */
export function refuseExpanded(model: tf.LayersModel, format: string): void {
  const layer = trainingLayer(model);
  if (layer === null) return;
  throw new OverparamError(
    'expanded-network',
    `The network "${model.name}" is expanded (its layer "${layer}" is for training), and is not written as ${format}. Collapse it first: collapse(model) of @overparam/core-reparam, or "overparam collapse RUN" for a run's folder.`,
  );
}
