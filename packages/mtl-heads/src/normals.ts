import type { Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { angleAccumulator, angleMetrics } from './angles';
import type { MetricMode } from './batch-mean';
import { total } from './masked';
import { knownNormals, maskedCosine } from './masked-cosine';
import { directionPicture } from './pictures/direction-picture';
import { requireOutputs } from './requirements';

/** What a surface normals task is made of. */
export interface NormalsOptions {
  readonly name: string;
  /** `[h, w]` of the label; predictions must have the same. */
  readonly size: readonly [number, number];
  /** How the figures come from the pixels, by default over the whole split. */
  readonly metricMode?: MetricMode;
}

/**
 * A surface normal for each pixel: one minus the mean cosine between predictions `[n, h, w, 3]`, of any
 * length, and float32 labels `[n, h, w, 3]`, over the pixels where any component of the label differs from 0.
 * Reports `meanAngle` and `medianAngle` (degrees), and `within11.25`, `within22.5`, `within30` (percent).
 *
 * @example
 * const task = normals({ name: 'normals', size: [288, 384] });
 */
export function normals({ name, size, metricMode = 'split' }: NormalsOptions): Task {
  return {
    name,
    kind: 'normals',
    form: 'dense',
    outputs: 3,
    unitLength: true,
    label: { shape: [...size, 3], dtype: 'float32' },
    loss(prediction, label) {
      requireOutputs(name, prediction, label.shape);
      return maskedCosine(prediction, label);
    },
    validLabels: (label) => tf.tidy(() => total(knownNormals(label))),
    metrics: angleMetrics,
    accumulator: () => angleAccumulator(name, metricMode),
    picture: directionPicture(size),
  };
}
