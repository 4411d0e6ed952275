import { type Precision, recordedGradients } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import { checkRegulariser, type Regulariser, type SharedOutput } from '@overparam/plugin';
import type * as tf from '@tensorflow/tfjs';
import type { Chosen } from './chosen';
import type { TrainedNetwork } from './network';

/** A regulariser with its options, for the tasks of a run. */
export interface Regularising {
  /** The regulariser's name, for messages. */
  readonly name: string;
  /** What it adds to the loss; called within a recorded pass. */
  penalty(outputs: readonly SharedOutput[]): tf.Scalar;
}

/**
 * A regulariser with its options, for given tasks.
 *
 * @param chosen  null for none
 * @returns       null where nothing is added: without a regulariser, and for a single task
 * @throws OverparamError `unsupported-regulariser` with the regulariser's reason
 */
export function regularisingOf(
  chosen: Chosen<Regulariser> | null,
  {
    tasks,
    batch,
    precision,
  }: { readonly tasks: readonly string[]; readonly batch: number; readonly precision: Precision },
): Regularising | null {
  if (chosen === null || tasks.length < 2) return null;
  const { part: regulariser, options } = chosen;
  checkRegulariser(regulariser, { tasks, batch }, options);
  if (precision !== 'float32') {
    throw refusal(
      regulariser.name,
      `it differentiates gradients, which ${precision} has too few digits for. Set precision: float32.`,
    );
  }
  return { name: regulariser.name, penalty: (outputs) => regulariser.penalty(outputs, options) };
}

/**
 * Refuses a network whose tasks share no output that a regulariser could look at.
 *
 * @throws OverparamError `unsupported-regulariser`
 */
export function checkRegularisedNetwork(
  { name }: Regularising,
  { trunks, layout }: Pick<TrainedNetwork, 'trunks' | 'layout'>,
): void {
  if (trunks.length > 0) {
    throw refusal(
      name,
      'with a trunk for each task there is no representation that tasks share. Leave it out, or set multiTask: routed.',
    );
  }
  if (layout.representations.length > 0) return;
  throw refusal(
    name,
    'this backbone has no layers whose outputs separate what is shared from what belongs to a task. Leave it out, or choose another backbone.',
  );
}

/** The penalty on the trunk's outputs, from the gradients of the tasks' losses there. Within a recorded pass. */
export function regularised(
  regularising: Regularising,
  losses: readonly tf.Scalar[],
  outputs: readonly tf.Tensor[],
): tf.Scalar {
  const byTask = losses.map((loss) => recordedGradients(loss, outputs));
  return regularising.penalty(
    outputs.map((output, index) => ({ output, saliencies: byTask.map((gradients) => gradients[index]!) })),
  );
}

function refusal(name: string, why: string): OverparamError {
  return new OverparamError('unsupported-regulariser', `regulariser "${name}": ${why}`);
}
