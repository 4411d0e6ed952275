import { OverparamError } from '@overparam/errors';
import type { LayersModel } from '@tensorflow/tfjs';
import { trunkTasks } from './network/parameters';

/**
 * Checks that a task, where one is named, has a trunk of its own.
 *
 * @throws OverparamError `unknown-task`
 */
export function checkTask(expanded: LayersModel, task: string | undefined): void {
  const tasks = trunkTasks(expanded);
  if (task === undefined || tasks.includes(task)) return;
  const known =
    tasks.length > 0
      ? `expected one of ${tasks.join(', ')}`
      : 'the network has one trunk for all; leave task out';
  throw new OverparamError('unknown-task', `task: "${task}" has no trunk of its own (${known}).`);
}
