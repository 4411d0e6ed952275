import { OverparamError } from '@overparam/errors';
import type { Network, NetworkShape, NetworkTask } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { checkShape } from './check-shape';
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
 *   `unsupported-task` for tasks other than classification, or with a head
 */
export function assemble(
  name: string,
  shape: NetworkShape,
  initialisation: Initialisation,
  trunk: (image: tf.SymbolicTensor) => tf.SymbolicTensor,
): Network {
  checkShape(name, shape);
  const image = tf.input({ name: 'image', shape: [...shape.inputShape] });
  const pooling = tf.layers.globalAveragePooling2d({ name: sharedLayer });
  const features = pooling.apply(trunk(image)) as tf.SymbolicTensor;
  const owners = new Map<string, string>();
  const outputs = shape.tasks.map((task) => {
    checkTask(name, task);
    const head = shape.tasks.length === 1 ? 'classifier' : `classifier_${task.name}`;
    owners.set(head, task.name);
    const dense = tf.layers.dense({ name: head, units: task.outputs, kernelInitializer: 'zeros' });
    return dense.apply(features) as tf.SymbolicTensor;
  });
  const model = tf.model({ name, inputs: image, outputs });
  initialiseWeights(model, shape.key, (layer) =>
    layer.getClassName() === 'Dense' ? 'uniform' : initialisation,
  );
  return { model, representations: [sharedLayer], owner: (layer) => owners.get(layer) ?? null };
}

function checkTask(name: string, task: NetworkTask): void {
  const refuse = (what: string, remedy: string) =>
    new OverparamError(
      'unsupported-task',
      `[${name}] task "${task.name}" ${what}; this backbone has classifiers only, of its own. ${remedy}`,
    );
  if (task.kind !== 'classification') {
    throw refuse(
      `is of kind "${task.kind}"`,
      'Use tasks of kind "classification", or a backbone for all kinds, such as "segnet".',
    );
  }
  if (task.head) {
    throw refuse(
      `brings the head "${task.head.name}"`,
      'Leave it out, or use a backbone that takes heads, such as "segnet".',
    );
  }
}
