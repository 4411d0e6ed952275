import { OverparamError } from '@overparam/errors';
import type { NetworkShape } from '@overparam/plugin';

/**
 * Checks what every backbone asks of a shape.
 *
 * @throws OverparamError `invalid-network-shape` for sizes below 1, no task, or two tasks of one name
 */
export function checkShape(name: string, { inputShape, tasks }: NetworkShape): void {
  const invalid = (message: string) => new OverparamError('invalid-network-shape', `[${name}] ${message}`);
  if (inputShape.length !== 3 || !inputShape.every(isCount)) {
    throw invalid(
      `inputShape must be [height, width, channels], each 1 or more; got [${inputShape.join(', ')}].`,
    );
  }
  if (tasks.length === 0) throw invalid('at least one task is needed; got none.');
  for (const task of tasks) {
    if (!isCount(task.outputs))
      throw invalid(`task "${task.name}" needs 1 or more outputs; got ${task.outputs}.`);
    if (tasks.filter((other) => other.name === task.name).length > 1) {
      throw invalid(`two tasks are named "${task.name}"; give each a name of its own.`);
    }
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
