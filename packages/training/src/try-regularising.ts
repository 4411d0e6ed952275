import { dropoutMasks } from '@overparam/core-reparam';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { Phase, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { maskInputs } from './measure';
import type { TrainedNetwork } from './network';
import { stepGradients } from './passes';
import type { Regularising } from './regularising';
import { routesOf } from './routes';

/** Examples of the trial: norms of a single one have no variance. */
const examples = 2;

/**
 * Takes the gradient of a step's penalty once, on images of zeros, so that layers whose gradients cannot be differentiated
 * again are named when a run is planned and not at its first update. The network stays as it is.
 *
 * @throws OverparamError `unsupported-regulariser`, naming the op
 */
export function tryRegularising(
  regularising: Regularising,
  network: TrainedNetwork,
  tasks: readonly Task[],
  inputShape: readonly number[],
): void {
  const phase: Phase = { name: 'trial', stage: network.stage, moves: [{}], rates: [], loss: 'balanced' };
  const routes = routesOf(phase, tasks, network.parameters, network.trunks);
  const parts = { phase, network, tasks, routes, penalty: 0, weighing: 'sum' as const, regularising };
  const work = () =>
    tf.tidy(() => {
      const labels = tasks.map(({ name, label }) => [
        `label/${name}`,
        tf.zeros([examples, ...label.shape], label.dtype),
      ]);
      const inputs = {
        x: tf.zeros([examples, ...inputShape]),
        ...Object.fromEntries(labels),
        ...maskInputs(dropoutMasks(network.model, examples, [0, 0])),
      };
      stepGradients({ ...parts, averages: null, elements: null, shared: null }, inputs, false);
    });
  try {
    work();
  } catch (error) {
    if (!isOverparamError(error) || error.code !== 'not-twice-differentiable') throw error;
    throw new OverparamError(
      'unsupported-regulariser',
      `regulariser "${regularising.name}": it differentiates the gradients between trunk and losses. ${error.message} Leave it out, or choose other heads.`,
      { cause: error },
    );
  }
}
