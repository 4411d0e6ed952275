import { createOptimiser } from '@overparam/engine';
import type { Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { optimisedParameters } from '../../src/groups';
import { compilePhase } from '../../src/phase';
import { joint, trainedNetwork } from './trained-network';

/** How PyTorch trained: which optimiser, and its numbers. */
export interface FollowedOptimiser {
  readonly name: 'sgd' | 'adam';
  readonly lr: number;
  /** Of SGD. */
  readonly momentum: number;
}

/**
 * Trains an expanded network with the step that a phase compiles, and disposes it.
 *
 * @returns each task's loss before each step
 */
export function followSteps(
  model: tf.LayersModel,
  tasks: readonly Task[],
  { name, lr, momentum }: FollowedOptimiser,
  steps: number,
  batchOf: (step: number) => Record<string, tf.Tensor>,
): number[][] {
  const network = trainedNetwork(model);
  const optimiser = createOptimiser(
    name === 'sgd' ? { name, momentum, nesterov: false } : { name },
    optimisedParameters(network.parameters, { coefficient: 0, norms: false, biases: false }),
  );
  const step = compilePhase({ phase: joint, network, tasks, optimiser, penalty: 0 });
  const rate = tf.scalar(lr);
  const history = Array.from({ length: steps }, (_, index) => {
    const batch = batchOf(index);
    const found = step({ ...batch, rate });
    const values = tasks.map(
      (task) => found[tasks.length > 1 ? `loss/${task.name}` : 'loss']!.dataSync()[0]!,
    );
    tf.dispose([batch, found]);
    return values;
  });
  step.dispose();
  optimiser.dispose();
  model.dispose();
  rate.dispose();
  return history;
}
