import type { OptionsSchema } from '@overparam/engine';
import type { DatasetTask } from './dataset';
import type { Task } from './task';

/**
 * A kind of task that datasets may declare. It makes the {@link Task} of a dataset's declaration, which says how many
 * outputs there are and what the labels look like, and of the options of a config.
 */
export interface TaskKind<Options = unknown> {
  readonly apiVersion: 1;
  /** What datasets write as a task's `kind`, such as `depth`. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Checks and completes what a config's `taskOptions` say of such a task. */
  readonly options: OptionsSchema<Options>;
  /** The task, of the name that the dataset gives it and of this kind; its form may follow from the declaration. */
  make(task: DatasetTask, options: Options): Task;
}
