import { OverparamError } from '@overparam/errors';
import type { DatasetTask, Task } from '@overparam/plugin';
import { type TaskOptions, taskKinds } from './task-kinds';

/**
 * The head's width, loss and metrics for a task that a dataset has labels for, where its kind is one of this
 * package's.
 *
 * @throws OverparamError `unsupported-task` for a kind without loss and metrics here; `shape-mismatch` for an
 *   image task whose labels are no images; `invalid-options` as the kind's own function throws it
 */
export function taskFor(task: DatasetTask, options: TaskOptions = {}): Task {
  const kind = taskKinds.find(({ name }) => name === task.kind);
  if (kind) return kind.make(task, options);
  throw new OverparamError(
    'unsupported-task',
    `Task "${task.name}" is of kind "${task.kind}", for which there is no loss here; there is one for: ${taskKinds.map(({ name }) => name).join(', ')}. Leave the task out, or make its Task yourself; a run takes kinds of plugins too (definePlugin({ tasks: [...] })).`,
  );
}
