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
import type { RunConfig } from './schema';

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
    throw unknownTask('tasks', name, known);
  });
  const { prepare, normalisation } = dataset;
  return {
    inputShape: dataset.inputShape,
    tasks,
    ...(normalisation && { normalisation }),
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
 * Checks that options by task are of tasks that there are.
 *
 * @param tasks  all tasks of the dataset, those included that the run leaves out
 * @throws OverparamError `unknown-task`
 */
export function checkTaskOptions(
  { byTask = {} }: RunConfig['taskOptions'],
  tasks: readonly { readonly name: string }[],
): void {
  const names = tasks.map(({ name }) => name);
  const unknown = Object.keys(byTask).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownTask('taskOptions.byTask', unknown, names);
}

/**
 * A task of a dataset with its loss and metrics: made by its kind, which a plugin has registered.
 *
 * Options that are given for all tasks reach those whose kind has them; options of one task come on top of them.
 *
 * @throws OverparamError `unsupported-task` for a kind that no plugin has; `invalid-options`
 */
export function taskOf(declared: DatasetTask, options: RunConfig['taskOptions']): Task {
  const { byTask = {}, ...common } = options;
  const kind = kindOf(declared);
  const taken = optionNames(kind.options);
  const shared = Object.entries(common).filter(([option]) => taken.includes(option));
  const given = { ...Object.fromEntries(shared), ...byTask[declared.name] };
  const where = `taskOptions: task "${declared.name}" of kind "${declared.kind}"`;
  return kind.make(declared, parseOptions(kind.options, given, where));
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
