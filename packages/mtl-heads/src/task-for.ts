import type { DatasetTask, Task } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import { classification } from './classification';

/** What a dataset does not say about its tasks. */
export interface TaskOptions {
  /** For classification: see `ClassificationOptions`. */
  readonly labelSmoothing?: number;
}

type Maker = (task: DatasetTask, options: TaskOptions) => Task;

const makers: Partial<Record<DatasetTask['kind'], Maker>> = {
  classification: ({ name, outputs }, { labelSmoothing }) =>
    classification({ name, classes: outputs, labelSmoothing }),
};

/**
 * The head's width, loss and metrics for a task that a dataset has labels for.
 *
 * @throws OverparamError `unsupported-task` for a kind without loss and metrics here; `invalid-options` as the
 *   kind's own function throws it
 */
export function taskFor(task: DatasetTask, options: TaskOptions = {}): Task {
  const make = Object.hasOwn(makers, task.kind) ? makers[task.kind] : undefined;
  if (make === undefined) {
    throw new OverparamError(
      'unsupported-task',
      `Task "${task.name}" is of kind "${task.kind}", for which there is no loss; there is one for: ${Object.keys(makers).join(', ')}. Leave the task out, or give a Task of your own.`,
    );
  }
  return make(task, options);
}
