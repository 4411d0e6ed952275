import { OverparamError } from '@overparam/errors';
import type { MetricAccumulator, MetricSpec } from '@overparam/plugin';
import { likeliest } from './pictures/likeliest';

/**
 * What a class counts that occurs in neither labels nor predictions of a split.
 *
 * - `skip`: it is left out of the mean. Equal to published figures on any split that has all classes.
 * - `nan`: the mean is NaN, as MTAN, LibMTL, CAGrad and Nash-MTL compute it.
 * - `zero`: it counts 0, as Vandenhende's survey computes it.
 *
 * A class that is predicted but has no label counts 0 in all three.
 */
export type AbsentClass = 'skip' | 'nan' | 'zero';

/** Mean intersection over union and pixel accuracy, both in percent. */
export const segmentationMetrics: readonly MetricSpec[] = [
  { name: 'mIoU', direction: 'higher', unit: '%', digits: 2 },
  { name: 'pixelAccuracy', direction: 'higher', unit: '%', title: 'pix acc', digits: 2 },
];

/**
 * Counts {@link segmentationMetrics} over a split, from one confusion matrix of all pixels.
 *
 * Of classes with equal logits the one of lower index is predicted. A pixel with a NaN logit is never right.
 * Pixels with a negative label are left out. `details()` gives `confusionMatrix` (pixels; rows are the truth,
 * columns the prediction) and `classIoU` (percent, NaN for an absent class).
 *
 * Its `add` throws OverparamError `shape-mismatch` when prediction and label do not fit, and `invalid-label`
 * for a label of `classes` or more.
 */
export function confusionAccumulator(
  task: string,
  classes: number,
  absentClass: AbsentClass,
): MetricAccumulator {
  // One more column, for pixels of which no class is predicted.
  const columns = classes + 1;
  const counts = new Float64Array(classes * columns);
  const classIoU = () =>
    Array.from({ length: classes }, (_, own) => intersectionOverUnion(counts, classes, own));
  return {
    add(prediction, label) {
      if (prediction.length !== label.length * classes) {
        throw new OverparamError(
          'shape-mismatch',
          `[${task}] ${label.length} pixels of ${classes} classes need ${label.length * classes} logits; got ${prediction.length}.`,
        );
      }
      for (let pixel = 0; pixel < label.length; pixel++) {
        const own = label[pixel]!;
        if (own < 0) continue;
        if (own >= classes) {
          throw new OverparamError(
            'invalid-label',
            `[${task}] label ${own} of pixel ${pixel} is not one of ${classes} classes (0 to ${classes - 1}, or -1 for none). Check the dataset.`,
          );
        }
        counts[own * columns + likeliest(prediction, pixel * classes, classes)]!++;
      }
    },
    result() {
      let right = 0;
      for (let own = 0; own < classes; own++) right += counts[own * columns + own]!;
      const pixels = counts.reduce((sum, count) => sum + count, 0);
      const mIoU = pixels === 0 ? Number.NaN : meanOver(classIoU(), absentClass);
      return { mIoU, pixelAccuracy: (100 * right) / pixels };
    },
    details() {
      const rows = Array.from({ length: classes }, (_, own) =>
        Array.from(counts.subarray(own * columns, own * columns + classes)),
      );
      return { confusionMatrix: rows, classIoU: classIoU() };
    },
  };
}

/** In percent; NaN where the class is neither in the truth nor predicted. */
function intersectionOverUnion(counts: Float64Array, classes: number, own: number): number {
  const columns = classes + 1;
  const intersection = counts[own * columns + own]!;
  let union = -intersection;
  for (let other = 0; other < columns; other++) union += counts[own * columns + other]!;
  for (let other = 0; other < classes; other++) union += counts[other * columns + own]!;
  return (100 * intersection) / union;
}

function meanOver(values: readonly number[], absentClass: AbsentClass): number {
  const counted = absentClass === 'skip' ? values.filter((value) => !Number.isNaN(value)) : [...values];
  const filled = absentClass === 'zero' ? counted.map((value) => value || 0) : counted;
  return filled.reduce((sum, value) => sum + value, 0) / filled.length;
}
