import { OverparamError } from '@overparam/errors';
import type { MetricAccumulator, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { total } from './masked';
import { type ErrorKind, maskedError } from './masked-error';
import { scalePicture } from './pictures/scale-picture';
import { requireSameLength } from './requirements';

/** What a regression task is made of. */
export interface RegressionOptions {
  readonly name: string;
  /**
   * Shape of one example's label: `[]` for one number, `[5]` for five; `[h, w]` for an image of one number a pixel,
   * `[h, w, channels]` for several.
   */
  readonly shape: readonly number[];
  /** `squared` (default) or `absolute`. */
  readonly error?: ErrorKind;
  /** The number that stands for a missing label, such as -1; none by default. */
  readonly missing?: number | null;
  /** Unit of the label, for tables. */
  readonly unit?: string;
}

/**
 * Numbers for each example, or for each pixel where labels are images: mean squared or absolute error against float32
 * labels `[n, ...shape]`, over the elements of the batch that are not `missing`. Predictions have as many elements as
 * labels. Reports `absoluteError` (the mean) and `rootMeanSquareError`, both over the whole split.
 *
 * @throws OverparamError `invalid-options` for a `missing` that is not finite, and for a shape of more than three axes
 * @example
 * const task = regression({ name: 'age', shape: [], error: 'absolute', missing: -1, unit: 'years' });
 */
export function regression(options: RegressionOptions): Task {
  const { name, shape, error = 'squared', missing = null, unit = '' } = options;
  if (missing !== null && !Number.isFinite(missing)) {
    throw new OverparamError(
      'invalid-options',
      `[${name}] missing must be a finite number or null; got ${missing}. Datasets give finite labels.`,
    );
  }
  if (shape.length > 3) {
    throw new OverparamError(
      'invalid-options',
      `[${name}] labels must be [], [numbers], [h, w] or [h, w, channels]; got [${shape}]. Give the numbers in one axis.`,
    );
  }
  const [height, width] = shape;
  const isImage = height !== undefined && width !== undefined;
  const outputs = (isImage ? shape[2] : height) ?? 1;
  const valid = (label: tf.Tensor) =>
    missing === null ? tf.onesLike(label) : tf.cast(tf.notEqual(label, missing), 'float32');
  // Labels are float32, and so is what stands for a missing one among them.
  const placeholder = missing === null ? null : Math.fround(missing);
  return {
    name,
    kind: 'regression',
    form: isImage ? 'dense' : 'vector',
    outputs,
    label: { shape, dtype: 'float32' },
    loss: (prediction, label) =>
      tf.tidy(() => {
        if (prediction.size !== label.size) {
          throw new OverparamError(
            'shape-mismatch',
            `[${name}] predictions must have the ${label.size} elements of the labels [${label.shape}]; got [${prediction.shape}]. Give the head ${outputs} outputs${isImage ? ", at the label's size" : ''}.`,
          );
        }
        return maskedError(tf.reshape(prediction, label.shape), label, valid(label), error);
      }),
    validLabels: (label) => tf.tidy(() => total(valid(label))),
    metrics: [
      { name: 'absoluteError', direction: 'lower', unit, title: 'abs err' },
      { name: 'rootMeanSquareError', direction: 'lower', unit, title: 'rms err' },
    ],
    accumulator: () => regressionAccumulator(name, placeholder),
    ...(isImage &&
      outputs === 1 && {
        picture: scalePicture({
          size: [height, width],
          unit,
          text: "Bright is little, dark is much, on the truth's scale.",
          isKnown: (value) => value !== placeholder,
        }),
      }),
  };
}

function regressionAccumulator(task: string, missing: number | null): MetricAccumulator {
  let absolute = 0;
  let squared = 0;
  let count = 0;
  return {
    add(prediction, label) {
      requireSameLength(task, prediction, label);
      for (let element = 0; element < label.length; element++) {
        if (label[element] === missing) continue;
        const error = prediction[element]! - label[element]!;
        absolute += Math.abs(error);
        squared += error * error;
        count++;
      }
    },
    result: () => ({ absoluteError: absolute / count, rootMeanSquareError: Math.sqrt(squared / count) }),
  };
}
