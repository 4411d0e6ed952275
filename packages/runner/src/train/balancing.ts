import { checkBalancer } from '@overparam/balancers';
import { OverparamError } from '@overparam/errors';
import type {
  Averaging,
  Balancer,
  BalancerInputs,
  BalancerState,
  BalancerWeights,
  GradientSpace,
  Task,
} from '@overparam/plugin';
import { lookup } from '@overparam/plugin';
import type { RunConfig } from '../config/schema';

/** A run's balancer with its options: plain numbers in, plain numbers out. */
export interface Balancing {
  readonly space: GradientSpace;
  readonly needs: {
    /** Whether the first part of a step runs, and what it computes. */
    readonly before: 'nothing' | 'losses' | 'gramian';
    readonly averages: boolean;
    readonly lossesAfterStep: boolean;
  };
  initialise(): BalancerState;
  weights(inputs: BalancerInputs, present: readonly boolean[], state: BalancerState): BalancerWeights;
  averaging(update: number): Averaging;
  afterStep(
    before: readonly number[],
    after: readonly number[],
    present: readonly boolean[],
    state: BalancerState,
  ): BalancerState;
}

/**
 * The balancer of a config for given tasks; null for a single task, which has nothing to balance.
 *
 * @throws OverparamError `unsupported-balancer` with the balancer's reason
 */
export function balancingFor(
  { balancer: { name, ...given }, gradients }: Pick<RunConfig, 'balancer' | 'gradients'>,
  tasks: readonly Pick<Task, 'name'>[],
): Balancing | null {
  if (tasks.length < 2) return null;
  const balancer: Balancer = lookup('balancer', name);
  const names = tasks.map((task) => task.name);
  const options: unknown = given;
  checkBalancer(balancer, { tasks: names, gradients }, options);
  const needs = balancer.needs(options);
  const averages = needs.includes('averagedGradients');
  if (averages && gradients === 'representation') {
    throw new OverparamError(
      'unsupported-balancer',
      `balancer "${name}": it averages gradients over updates, and representations of different batches have none in common. Set gradients: parameters.`,
    );
  }
  return {
    space: gradients,
    needs: {
      before:
        averages || needs.includes('gramian') ? 'gramian' : needs.includes('losses') ? 'losses' : 'nothing',
      averages,
      lossesAfterStep: needs.includes('lossesAfterStep'),
    },
    initialise: () => balancer.initialise(names, options),
    weights: (inputs, present, state) => balancer.weights(inputs, present, state, options),
    averaging: (update) => balancer.averaging!(update, options),
    afterStep: (before, after, present, state) => balancer.afterStep!(before, after, present, state, options),
  };
}

/**
 * Refuses a network that a balancer cannot work on.
 *
 * @param trunks           tasks with a trunk of their own
 * @param representations  layers that separate shared layers from those of tasks
 * @throws OverparamError `unsupported-balancer`
 */
export function checkBalancedNetwork(
  { space, needs }: Balancing,
  name: string,
  trunks: readonly string[],
  representations: readonly string[],
): void {
  const refuse = (why: string) => new OverparamError('unsupported-balancer', `balancer "${name}": ${why}`);
  if (needs.averages && trunks.length > 0) {
    throw refuse(
      'it averages gradients of shared parameters, and this method gives each task a trunk of its own. Choose another balancer, or multiTask: routed.',
    );
  }
  if (needs.before !== 'gramian' || space !== 'representation') return;
  if (trunks.length > 0) {
    throw refuse(
      'with a trunk for each task there is no representation that tasks share. Set gradients: parameters, or multiTask: routed.',
    );
  }
  if (representations.length === 0) {
    throw refuse(
      'this backbone has no layers whose outputs separate what is shared from what belongs to a task. Set gradients: parameters.',
    );
  }
}
