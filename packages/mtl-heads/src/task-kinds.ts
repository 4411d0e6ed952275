import { OverparamError } from '@overparam/errors';
import type { DatasetTask, TaskKind } from '@overparam/plugin';
import * as z from 'zod';
import type { MetricMode } from './batch-mean';
import { classification } from './classification';
import type { AbsentClass } from './confusion';
import { depth } from './depth';
import type { ErrorKind } from './masked-error';
import { normals } from './normals';
import { regression } from './regression';
import { segmentation } from './segmentation';

/** What a dataset does not say about its tasks; each kind of task takes what concerns it. */
export interface TaskOptions {
  /** For classification and segmentation: see `ClassificationOptions`. */
  readonly labelSmoothing?: number;
  /** For segmentation: see `SegmentationOptions`. */
  readonly absentClass?: AbsentClass;
  /** For depth and normals: see `DepthOptions`. */
  readonly metricMode?: MetricMode;
  /** For regression: see `RegressionOptions`. */
  readonly error?: ErrorKind;
  readonly missing?: number | null;
  readonly unit?: string;
}

const labelSmoothing = z.number().min(0).lt(1).optional();
const absentClass = z.enum(['nan', 'zero', 'skip']).optional();
const metricMode = z.enum(['split', 'batchMean']).optional();

/** The kinds of tasks of this package, as its plugin registers them. */
export const taskKinds: readonly TaskKind<TaskOptions>[] = [
  {
    apiVersion: 1,
    name: 'classification',
    summary: 'one class for each image: cross-entropy, top-1 and top-5 error',
    options: z.strictObject({ labelSmoothing }),
    make: ({ name, outputs }, options) =>
      classification({ name, classes: outputs, labelSmoothing: options.labelSmoothing }),
  },
  {
    apiVersion: 1,
    name: 'segmentation',
    summary: 'one class for each pixel: cross-entropy, mIoU and pixel accuracy',
    options: z.strictObject({ labelSmoothing, absentClass }),
    make: (task, options) =>
      segmentation({
        name: task.name,
        classes: task.outputs,
        size: sizeOf(task),
        labelSmoothing: options.labelSmoothing,
        absentClass: options.absentClass,
        classNames: task.classes,
      }),
  },
  {
    apiVersion: 1,
    name: 'depth',
    summary: 'a depth for each pixel: mean absolute error, absolute and relative error',
    options: z.strictObject({ metricMode }),
    make: (task, options) => depth({ name: task.name, size: sizeOf(task), metricMode: options.metricMode }),
  },
  {
    apiVersion: 1,
    name: 'normals',
    summary: 'a direction for each pixel: cosine loss, angles between truth and prediction',
    options: z.strictObject({ metricMode }),
    make: (task, options) => normals({ name: task.name, size: sizeOf(task), metricMode: options.metricMode }),
  },
  {
    apiVersion: 1,
    name: 'regression',
    summary: 'numbers for each image or pixel: mean squared or absolute error',
    options: z.strictObject({
      error: z.enum(['squared', 'absolute']).optional(),
      missing: z.number().nullable().optional(),
      unit: z.string().optional(),
    }),
    make({ name, label, outputs }, { error, missing, unit }) {
      const task = regression({ name, shape: label.shape, error, missing, unit });
      if (task.outputs === outputs) return task;
      throw new OverparamError(
        'shape-mismatch',
        `Task "${name}" is declared with ${outputs} outputs; labels [${label.shape}] are ${task.form === 'dense' ? `images [h, w] or [h, w, channels] with ${task.outputs} a pixel` : `${task.outputs} in number`}. Declare ${task.outputs}, or labels of shape [${outputs}].`,
      );
    },
  },
];

/** `[h, w]` of a label `[h, w]` or `[h, w, channels]`. */
function sizeOf({ name, kind, label }: DatasetTask): readonly [number, number] {
  const [h, w] = label.shape;
  if (h !== undefined && w !== undefined) return [h, w];
  throw new OverparamError(
    'shape-mismatch',
    `Task "${name}" is of kind "${kind}", whose labels are images; the dataset gives labels of shape [${label.shape}]. Declare [h, w] or [h, w, channels] there.`,
  );
}
