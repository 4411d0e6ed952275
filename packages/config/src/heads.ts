import { OverparamError } from '@overparam/errors';
import { type Head, lookup, parseOptions } from '@overparam/plugin';
import type { HeadChoice, RunConfig } from './schema';

/** Whether a config gives one head to all tasks: a name, or an object that has one. */
export function isForAll(given: NonNullable<RunConfig['heads']>): given is HeadChoice {
  return typeof given === 'string' || typeof given.name === 'string';
}

/** What a config says of a task's head; null for the backbone's own. */
export function headChoice(given: RunConfig['heads'], task: string): HeadChoice | null {
  if (given === null || isForAll(given)) return given;
  return given[task] ?? null;
}

/**
 * The head that a config gives a task; null for the backbone's own.
 *
 * @throws OverparamError `unknown-head`, `invalid-options`
 */
export function headFor(given: RunConfig['heads'], task: string): Head | null {
  const choice = headChoice(given, task);
  return choice === null ? null : headOf(choice);
}

function headOf(choice: HeadChoice): Head {
  const { name, ...options } = typeof choice === 'string' ? { name: choice } : choice;
  const kind = lookup('head', name);
  return kind.make(parseOptions(kind.options, options, `heads: head "${name}"`));
}

/**
 * Checks that heads by task are of tasks that there are.
 *
 * @param tasks  all tasks of the dataset, those included that the run leaves out
 * @throws OverparamError `unknown-task`
 */
export function checkHeadTasks(given: RunConfig['heads'], tasks: readonly { readonly name: string }[]): void {
  if (given === null || isForAll(given)) return;
  const names = tasks.map(({ name }) => name);
  const unknown = Object.keys(given).find((task) => !names.includes(task));
  if (unknown === undefined) return;
  throw new OverparamError(
    'unknown-task',
    `heads: the dataset has no task "${unknown}". Expected tasks among ${names.join(', ')}.`,
  );
}

/**
 * Checks the heads that a config names as far as can be said without its data.
 *
 * @throws OverparamError `unknown-head`, `invalid-options`; `batch-too-small` for a head that needs more images to train on
 */
export function checkHeads(given: RunConfig['heads'], batch: number): void {
  const choices = given === null ? [] : isForAll(given) ? [given] : Object.values(given);
  for (const choice of choices) {
    const { leastBatch } = headOf(choice);
    const name = typeof choice === 'string' ? choice : choice.name;
    if (leastBatch === undefined || batch >= leastBatch.images) continue;
    throw new OverparamError(
      'batch-too-small',
      `heads: "${name}" cannot be trained on batches of ${batch}: ${leastBatch.reason}. Set batch to ${leastBatch.images} or more, or choose another head.`,
    );
  }
}
