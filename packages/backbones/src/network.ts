import type { Network, NetworkShape } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import * as tf from '@tensorflow/tfjs';
import { type Initialisation, initialiseWeights } from './initialise';

/** Name of the layer whose output all classifiers share. */
const sharedLayer = 'global_pool';

/**
 * Puts an input, a trunk, global average pooling and one classifier a task together and sets all weights.
 *
 * Classifiers give logits. The one of a single-task network is named `classifier`, those of several tasks
 * `classifier_<task>`.
 *
 * @param name   the model's name
 * @param trunk  from the image `[n, h, w, channels]` to features `[n, h', w', features]`
 * @throws OverparamError `invalid-network-shape` for sizes below 1, no task, or two tasks of one name;
 *   `unsupported-task` for tasks other than classification
 */
export function assemble(
  name: string,
  shape: NetworkShape,
  initialisation: Initialisation,
  trunk: (image: tf.SymbolicTensor) => tf.SymbolicTensor,
): Network {
  check(name, shape);
  const image = tf.input({ name: 'image', shape: [...shape.inputShape] });
  const pooling = tf.layers.globalAveragePooling2d({ name: sharedLayer });
  const features = pooling.apply(trunk(image)) as tf.SymbolicTensor;
  const owners = new Map<string, string>();
  const outputs = shape.tasks.map((task) => {
    const head = shape.tasks.length === 1 ? 'classifier' : `classifier_${task.name}`;
    owners.set(head, task.name);
    const dense = tf.layers.dense({ name: head, units: task.outputs, kernelInitializer: 'zeros' });
    return dense.apply(features) as tf.SymbolicTensor;
  });
  const model = tf.model({ name, inputs: image, outputs });
  initialiseWeights(model, shape.key, initialisation);
  return { model, representations: [sharedLayer], owner: (layer) => owners.get(layer) ?? null };
}

function check(name: string, { inputShape, tasks }: NetworkShape): void {
  const invalid = (message: string) => new OverparamError('invalid-network-shape', `[${name}] ${message}`);
  if (inputShape.length !== 3 || !inputShape.every(isCount)) {
    throw invalid(
      `inputShape must be [height, width, channels], each 1 or more; got [${inputShape.join(', ')}].`,
    );
  }
  if (tasks.length === 0) throw invalid('at least one task is needed; got none.');
  for (const task of tasks) {
    if (task.kind !== 'classification') {
      throw new OverparamError(
        'unsupported-task',
        `[${name}] task "${task.name}" is of kind "${task.kind}"; this backbone has classifiers only. Use tasks of kind "classification".`,
      );
    }
    if (!isCount(task.outputs))
      throw invalid(`task "${task.name}" needs 1 or more outputs; got ${task.outputs}.`);
    if (tasks.filter((other) => other.name === task.name).length > 1) {
      throw invalid(`two tasks are named "${task.name}"; give each a name of its own.`);
    }
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
