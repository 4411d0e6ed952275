import type { DatasetTask, Task } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
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

type Maker = (task: DatasetTask, options: TaskOptions) => Task;

const makers: Readonly<Record<DatasetTask['kind'], Maker>> = {
  classification: ({ name, outputs }, { labelSmoothing }) =>
    classification({ name, classes: outputs, labelSmoothing }),
  segmentation: (task, { labelSmoothing, absentClass }) =>
    segmentation({ name: task.name, classes: task.outputs, size: sizeOf(task), labelSmoothing, absentClass }),
  depth: (task, { metricMode }) => depth({ name: task.name, size: sizeOf(task), metricMode }),
  normals: (task, { metricMode }) => normals({ name: task.name, size: sizeOf(task), metricMode }),
  regression: ({ name, label }, { error, missing, unit }) =>
    regression({ name, shape: label.shape, error, missing, unit }),
};

/** `[h, w]` of a label `[h, w]` or `[h, w, channels]`. */
function sizeOf({ name, kind, label }: DatasetTask): readonly [number, number] {
  const [h, w] = label.shape;
  if (h !== undefined && w !== undefined) return [h, w];
  throw new OverparamError(
    'shape-mismatch',
    `Task "${name}" is of kind "${kind}", whose labels are images; the dataset gives labels of shape [${label.shape}]. Declare [h, w] or [h, w, channels] there.`,
  );
}

/**
 * The head's width, loss and metrics for a task that a dataset has labels for.
 *
 * @throws OverparamError `unsupported-task` for a kind without loss and metrics here; `shape-mismatch` for an
 *   image task whose labels are no images; `invalid-options` as the kind's own function throws it
 */
export function taskFor(task: DatasetTask, options: TaskOptions = {}): Task {
  if (!Object.hasOwn(makers, task.kind)) {
    throw new OverparamError(
      'unsupported-task',
      `Task "${task.name}" is of kind "${task.kind}", for which there is no loss; there is one for: ${Object.keys(makers).join(', ')}. Leave the task out, or give a Task of your own.`,
    );
  }
  return makers[task.kind](task, options);
}
