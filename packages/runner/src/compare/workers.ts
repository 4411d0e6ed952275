import type { ControlledRow, RunConfig } from '@overparam/config';
import type { EngineInfo } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Team } from '@overparam/training';

/** The workers of a row's runs, as the first of them sees them; null for one process. */
export function teamOf({ workers }: RunConfig, count: number): Team | null {
  return count > 1 ? { count, index: 0, ...workers } : null;
}

/**
 * Refuses a comparison whose runs several workers could not train.
 *
 * @throws OverparamError `workers-unsupported`
 */
export function checkWorkers(
  count: number,
  { name }: Pick<EngineInfo, 'name'>,
  controls: readonly (ControlledRow | null)[],
): void {
  if (count === 1) return;
  if (name !== 'tensorflow') {
    throw new OverparamError(
      'workers-unsupported',
      `Several workers sum by TensorFlow's library, and the engine here is "${name}". Install it (overparam engine install), or leave out --workers.`,
    );
  }
  const follower = controls.find((found) => found?.control.follows != null);
  if (!follower) return;
  throw new OverparamError(
    'workers-unsupported',
    `The control ${follower.control.name} changes weights by the records of another run, which its first worker alone has. Leave the control out, or train with one worker.`,
  );
}
