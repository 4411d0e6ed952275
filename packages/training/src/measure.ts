import { forward } from '@overparam/core-reparam';
import { widened } from '@overparam/engine';
import type { Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type SharedStep, summedScalars } from './team';

/**
 * A step's inputs by name: `x`, `label/<task>`, `mask/<layer>`, and numbers that change between steps; of mixed images `mix` and
 * `partner/<task>`, too.
 */
export type StepInputs = tf.NamedTensorMap;

const maskPrefix = 'mask/';

/** Inputs of a step that hand it the masks of its dropout layers. */
export function maskInputs(masks: Readonly<Record<string, tf.Tensor>>): StepInputs {
  return Object.fromEntries(Object.entries(masks).map(([layer, mask]) => [`${maskPrefix}${layer}`, mask]));
}

const secondPrefix = 'second/';

/** Inputs of a step that hand it a second batch. */
export function secondInputs(batch: StepInputs): StepInputs {
  return Object.fromEntries(
    Object.entries(batch).map(([name, tensor]) => [`${secondPrefix}${name}`, tensor]),
  );
}

/** The second batch among inputs, by its own names. */
export function secondOf(inputs: StepInputs): StepInputs {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) =>
      name.startsWith(secondPrefix) ? [[name.slice(secondPrefix.length), tensor]] : [],
    ),
  );
}

function masksOf(inputs: StepInputs): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) =>
      name.startsWith(maskPrefix) ? [[name.slice(maskPrefix.length), tensor]] : [],
    ),
  );
}

/** What a forward pass in training came to, by task. */
export interface Measured {
  readonly losses: Readonly<Record<string, tf.Scalar>>;
  /** Number of wrong class predictions, for tasks with a class an image, over the labels that are there. */
  readonly wrong: Readonly<Record<string, tf.Scalar>>;
  /** Number of valid labels. */
  readonly labels: Readonly<Record<string, tf.Scalar>>;
}

/** Number of wrong classes; a negative label is a missing one, and can be neither right nor wrong. */
function wrongClasses(prediction: tf.Tensor, label: tf.Tensor): tf.Scalar {
  const differs = tf.notEqual(tf.argMax(prediction, -1), label);
  return tf.sum(tf.cast(tf.logicalAnd(differs, tf.greaterEqual(label, 0)), 'int32'));
}

/**
 * A task's loss, of mixed images by the labels of both parts.
 *
 * @param labels  in the whole batch; null where that is what is here. Otherwise the loss is this worker's part of that of the batch
 */
function mixedLoss(
  task: Task,
  prediction: tf.Tensor,
  label: tf.Tensor,
  inputs: StepInputs,
  labels: tf.Scalar | null,
): tf.Scalar {
  const lossOf = (of: tf.Tensor) => {
    const loss = task.loss(prediction, of);
    if (labels === null) return loss;
    // A mean over the labels here; in the end it is to be one over all.
    const part = tf.div(tf.cast(task.validLabels(of), 'float32'), tf.maximum(tf.cast(labels, 'float32'), 1));
    return tf.mul(loss, part) as tf.Scalar;
  };
  const own = lossOf(label);
  const { mix } = inputs;
  if (!mix) return own;
  const other = lossOf(inputs[`partner/${task.name}`]!);
  return tf.add(tf.mul(own, mix), tf.mul(other, tf.sub(1, mix))) as tf.Scalar;
}

/** How {@link measure} runs the network. */
export interface MeasureOptions {
  /** The task that is followed, whose trunk is run where tasks have their own; null for all. */
  readonly only?: string | null;
  readonly updateStatistics?: boolean;
  /** Filled with the kernels that the pass composes; see `forward`. The caller disposes. */
  readonly composed?: Map<string, tf.Tensor4D>;
  /** Losses are then this worker's parts of those of the batch, and labels are those of all; null where there is one process. */
  readonly shared?: SharedStep | null;
}

/**
 * Losses of a batch by task, in training mode; the caller disposes.
 *
 * @param tasks  one for each output of the model, in their order
 */
export function measure(
  model: tf.LayersModel,
  tasks: readonly Task[],
  inputs: StepInputs,
  { only = null, updateStatistics = true, composed, shared = null }: MeasureOptions,
): Measured {
  const predictions = forward(model, inputs.x!, {
    mode: 'train',
    task: only,
    updateStatistics,
    masks: masksOf(inputs),
    ...(composed && { composed }),
    // Losses are computed in float32.
  }).map((prediction) => widened(prediction));
  const losses: Record<string, tf.Scalar> = {};
  const wrong: Record<string, tf.Scalar> = {};
  const labels: Record<string, tf.Scalar> = {};
  const counts = summedScalars(
    shared,
    tasks.map((task) => task.validLabels(inputs[`label/${task.name}`]!)),
  );
  tasks.forEach((task, index) => {
    const label = inputs[`label/${task.name}`]!;
    labels[task.name] = counts[index]!;
    if (only !== null && task.name !== only) return;
    losses[task.name] = mixedLoss(task, predictions[index]!, label, inputs, shared && counts[index]!);
    if (task.form === 'class') wrong[task.name] = wrongClasses(predictions[index]!, label);
  });
  return { losses, wrong, labels };
}
