import { nearest, type OpenDataset, type Task } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/engine';
import { taskFor } from '@overparam/mtl-heads';
import type { RunConfig } from '../config/schema';

/**
 * The dataset as a run with some of its tasks sees it, in the order of the config; all where it names none.
 *
 * @throws OverparamError `unknown-task`
 */
export function chooseTasks(dataset: OpenDataset, names: RunConfig['tasks']): OpenDataset {
  if (names === null) return dataset;
  const known = dataset.tasks.map(({ name }) => name);
  const tasks = names.map((name) => {
    const task = dataset.tasks.find((candidate) => candidate.name === name);
    if (task) return task;
    const guess = nearest(name, known);
    throw new OverparamError(
      'unknown-task',
      `tasks: the dataset has no task "${name}". ${guess ? `Did you mean "${guess}"?` : ''} It has ${known.join(', ')}.`,
    );
  });
  const { prepare } = dataset;
  return {
    inputShape: dataset.inputShape,
    tasks,
    splits: dataset.splits,
    provenance: dataset.provenance,
    augment: (example, key) => dataset.augment(example, key),
    ...(prepare && { prepare: (split, wanted) => prepare(split, wanted) }),
    input: (example, target, offset) => dataset.input(example, target, offset),
    label: (example, task, target, offset) => dataset.label(example, task, target, offset),
    close: () => dataset.close(),
  };
}

/** The tasks of a dataset with their losses and metrics. */
export function tasksOf(dataset: OpenDataset, options: RunConfig['taskOptions'] = {}): Task[] {
  return dataset.tasks.map((task) => taskFor(task, options));
}
