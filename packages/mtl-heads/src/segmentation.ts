import { OverparamError } from '@overparam/errors';
import type { Task } from '@overparam/plugin';
import { type AbsentClass, confusionAccumulator, segmentationMetrics } from './confusion';
import { countClassLabels, crossEntropy } from './cross-entropy';
import { classPicture } from './pictures/class-picture';
import { requireOutputs, requireSmoothing } from './requirements';

/** What a segmentation task is made of. */
export interface SegmentationOptions {
  readonly name: string;
  /** Number of classes, 2 or more. */
  readonly classes: number;
  /** `[h, w]` of the label; predictions must have the same. */
  readonly size: readonly [number, number];
  /** Share of each label that is spread over all classes, 0 (default) up to but not 1. */
  readonly labelSmoothing?: number;
  /** What a class counts in the mean that a split does not have; by default it is left out. */
  readonly absentClass?: AbsentClass;
  /** Names of the classes in their order, for legends of pictures; numbers where left out. */
  readonly classNames?: readonly string[];
}

/**
 * One class for each pixel: mean cross-entropy of logits `[n, h, w, classes]` against int32 labels
 * `[n, h, w]`, over the pixels whose label is not -1. Reports `mIoU` and `pixelAccuracy`, both in percent,
 * from one confusion matrix of the whole split.
 *
 * @throws OverparamError `invalid-options` for fewer than 2 classes or a smoothing outside [0, 1)
 * @example
 * const task = segmentation({ name: 'segmentation', classes: 13, size: [288, 384] });
 * const loss = task.loss(logits, labels);
 */
export function segmentation(options: SegmentationOptions): Task {
  const { name, classes, size, labelSmoothing = 0, absentClass = 'skip' } = options;
  if (!Number.isInteger(classes) || classes < 2) {
    throw new OverparamError(
      'invalid-options',
      `[${name}] classes must be an integer of 2 or more; got ${classes}.`,
    );
  }
  requireSmoothing(name, labelSmoothing);
  const classNames = Array.from({ length: classes }, (_, index) => options.classNames?.[index] ?? `${index}`);
  return {
    name,
    kind: 'segmentation',
    form: 'dense',
    outputs: classes,
    label: { shape: size, dtype: 'int32' },
    loss(prediction, label) {
      requireOutputs(name, prediction, [...label.shape, classes]);
      return crossEntropy(prediction, label, labelSmoothing);
    },
    validLabels: countClassLabels,
    metrics: segmentationMetrics,
    accumulator: () => confusionAccumulator(name, classes, absentClass),
    picture: classPicture(size, classNames),
  };
}
