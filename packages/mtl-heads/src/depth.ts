import type { MetricAccumulator, MetricSpec, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type MetricMode, runningMean } from './batch-mean';
import { total } from './masked';
import { maskedError } from './masked-error';
import { scalePicture } from './pictures/scale-picture';
import { requireOutputs, requireSameLength } from './requirements';

/** What a depth task is made of. */
export interface DepthOptions {
  readonly name: string;
  /** `[h, w]` of the label; predictions must have the same. */
  readonly size: readonly [number, number];
  /** How the figures come from the pixels, by default over the whole split. */
  readonly metricMode?: MetricMode;
}

/** Mean |p - g| in metres, and mean |p - g| / g. */
export const depthMetrics: readonly MetricSpec[] = [
  { name: 'absoluteError', direction: 'lower', unit: 'm', title: 'abs err', digits: 4 },
  { name: 'relativeError', direction: 'lower', unit: '', title: 'rel err', digits: 4 },
];

const known = (label: tf.Tensor) => tf.cast(tf.notEqual(label, 0), 'float32');

/**
 * Depth in metres for each pixel: mean |p - g| of predictions `[n, h, w, 1]` against float32 labels
 * `[n, h, w, 1]`, over the pixels of the batch whose label is not 0. Predictions are neither clamped nor
 * rescaled. Reports `absoluteError` (m) and `relativeError`.
 *
 * @example
 * const task = depth({ name: 'depth', size: [288, 384] });
 */
export function depth({ name, size, metricMode = 'split' }: DepthOptions): Task {
  return {
    name,
    kind: 'depth',
    form: 'dense',
    outputs: 1,
    label: { shape: [...size, 1], dtype: 'float32' },
    loss(prediction, label) {
      requireOutputs(name, prediction, label.shape);
      return tf.tidy(() => maskedError(prediction, label, known(label), 'absolute'));
    },
    validLabels: (label) => tf.tidy(() => total(known(label))),
    metrics: depthMetrics,
    accumulator: () => depthAccumulator(name, metricMode),
    picture: scalePicture({
      size,
      unit: 'm',
      text: "Bright is near, dark is far, on the truth's scale.",
      isKnown: (value) => value !== 0,
    }),
  };
}

function depthAccumulator(task: string, mode: MetricMode): MetricAccumulator {
  const absolute = runningMean(mode);
  const relative = runningMean(mode);
  return {
    add(prediction, label) {
      requireSameLength(task, prediction, label);
      for (let pixel = 0; pixel < label.length; pixel++) {
        const truth = label[pixel]!;
        if (truth === 0) continue;
        const error = Math.abs(prediction[pixel]! - truth);
        absolute.add(error);
        relative.add(error / truth);
      }
      absolute.endBatch();
      relative.endBatch();
    },
    result: () => ({ absoluteError: absolute.result(), relativeError: relative.result() }),
  };
}
