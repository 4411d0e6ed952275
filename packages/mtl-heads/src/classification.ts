import { OverparamError } from '@overparam/errors';
import type { Task } from '@overparam/plugin';
import { countClassLabels, crossEntropy } from './cross-entropy';
import { requireOutputs, requireSmoothing } from './requirements';
import { topErrorAccumulator, topErrors } from './top-error';

/** What a classification task is made of. */
export interface ClassificationOptions {
  readonly name: string;
  /** Number of classes, 2 or more. */
  readonly classes: number;
  /** Share of each label that is spread over all classes, 0 (default) up to but not 1. */
  readonly labelSmoothing?: number;
}

/**
 * One class for each example: cross-entropy on logits `[n, classes]` against int32 labels `[n]`, -1 where the
 * label is missing. Reports `top1Error` and, with more than 5 classes, `top5Error`, both in percent.
 *
 * @throws OverparamError `invalid-options` for fewer than 2 classes or a smoothing outside [0, 1)
 * @example
 * const task = classification({ name: 'cifar100', classes: 100 });
 * const loss = task.loss(logits, labels);
 */
export function classification({ name, classes, labelSmoothing = 0 }: ClassificationOptions): Task {
  if (!Number.isInteger(classes) || classes < 2) {
    throw new OverparamError(
      'invalid-options',
      `[${name}] classes must be an integer of 2 or more; got ${classes}.`,
    );
  }
  requireSmoothing(name, labelSmoothing);
  // With 5 classes or fewer every class is among the 5 likeliest.
  const ks = classes > 5 ? [1, 5] : [1];
  return {
    name,
    kind: 'classification',
    form: 'class',
    outputs: classes,
    label: { shape: [], dtype: 'int32' },
    loss(prediction, label) {
      requireOutputs(name, prediction, [label.shape[0]!, classes]);
      return crossEntropy(prediction, label, labelSmoothing);
    },
    validLabels: countClassLabels,
    metrics: topErrors(ks),
    accumulator: () => topErrorAccumulator(name, classes, ks),
  };
}
