import { nearest, OverparamError } from '@overparam/errors';
import {
  type DatasetTask,
  type OpenDataset,
  optionNames,
  parseOptions,
  registered,
  type Task,
  type TaskKind,
} from '@overparam/plugin';
import type { RunConfig } from '../config/schema';

/** A dataset of which a run may see some tasks only. */
export interface ChosenDataset extends OpenDataset {
  /** Names of all its tasks, as a config may hold options for those that other runs see; absent where all are seen. */
  readonly known?: readonly string[];
}

/**
 * The dataset as a run with some of its tasks sees it, in the order of the config; all where it names none.
 *
 * @throws OverparamError `unknown-task`
 */
export function chooseTasks(dataset: OpenDataset, names: RunConfig['tasks']): ChosenDataset {
  if (names === null) return dataset;
  const known = dataset.tasks.map(({ name }) => name);
  const tasks = names.map((name) => {
    const task = dataset.tasks.find((candidate) => candidate.name === name);
    if (task) return task;
    throw unknownTask('tasks', name, known);
  });
  const { prepare } = dataset;
  return {
    inputShape: dataset.inputShape,
    tasks,
    known,
    splits: dataset.splits,
    provenance: dataset.provenance,
    augment: (example, key) => dataset.augment(example, key),
    ...(prepare && { prepare: (split, wanted) => prepare(split, wanted) }),
    input: (example, target, offset) => dataset.input(example, target, offset),
    label: (example, task, target, offset) => dataset.label(example, task, target, offset),
    close: () => dataset.close(),
  };
}

/**
 * The tasks of a dataset with their losses and metrics: each made by its kind, which a plugin has registered.
 *
 * Options that are given for all tasks reach those whose kind has them; options of one task come on top of them.
 *
 * @throws OverparamError `unsupported-task` for a kind that no plugin has; `unknown-task` for options of a task that
 *   the dataset does not have; `invalid-options`
 */
export function tasksOf(dataset: ChosenDataset, options: RunConfig['taskOptions'] = {}): Task[] {
  const { byTask = {}, ...common } = options;
  const names = dataset.known ?? dataset.tasks.map(({ name }) => name);
  for (const name of Object.keys(byTask)) {
    if (!names.includes(name)) throw unknownTask('taskOptions.byTask', name, names);
  }
  return dataset.tasks.map((task) => {
    const kind = kindOf(task);
    const taken = optionNames(kind.options);
    const shared = Object.entries(common).filter(([option]) => taken.includes(option));
    const given = { ...Object.fromEntries(shared), ...byTask[task.name] };
    const where = `taskOptions: task "${task.name}" of kind "${task.kind}"`;
    return kind.make(task, parseOptions(kind.options, given, where));
  });
}

function kindOf(task: DatasetTask): TaskKind {
  const kinds = registered('task');
  const kind = kinds.find(({ name }) => name === task.kind);
  if (kind) return kind;
  const known = kinds.map(({ name }) => name).join(', ');
  throw new OverparamError(
    'unsupported-task',
    `Task "${task.name}" is of kind "${task.kind}", which no plugin has; there are ${known}. Leave the task out, or name a plugin with such a kind under \`plugins\`: definePlugin({ tasks: [...] }).`,
  );
}

function unknownTask(where: string, name: string, known: readonly string[]): OverparamError {
  const guess = nearest(name, known);
  return new OverparamError(
    'unknown-task',
    `${where}: the dataset has no task "${name}". ${guess ? `Did you mean "${guess}"?` : ''} It has ${known.join(', ')}.`,
  );
}
