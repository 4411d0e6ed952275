import { OverparamError } from '@overparam/errors';
import {
  type Averaging,
  type Balancer,
  type BalancerInputs,
  type BalancerNeed,
  type BalancerState,
  type BalancerWeights,
  checkBalancer,
  type GradientSpace,
} from '@overparam/plugin';
import type { Tensor } from '@tensorflow/tfjs';
import { checkState, checkWeights } from './check-balanced';
import type { Chosen } from './chosen';

/** A balancer with its options, for the tasks of a run: plain numbers in, plain numbers out. */
export interface Balancing {
  /** The balancer's name, for messages. */
  readonly name: string;
  readonly space: GradientSpace;
  readonly needs: {
    /** Whether the first part of a step runs, and what it computes. */
    readonly before: 'nothing' | 'losses' | 'gramian';
    readonly averages: boolean;
    /** Whether it compares with gradients on another batch. */
    readonly secondBatch: boolean;
    /** Whether it weighs each element of a gradient by itself. */
    readonly elements: boolean;
    readonly lossesAfterStep: boolean;
  };
  /** What it remembers before the first update. */
  initialise(): BalancerState;
  /** The tasks' weights in an update, and what it remembers after it; tasks without a label are not present. */
  weights(inputs: BalancerInputs, present: readonly boolean[], state: BalancerState): BalancerWeights;
  /** How the running averages of gradients move in an update; called where it `averages`. */
  averaging(update: number): Averaging;
  /** Factors of gradients element by element; called where it weighs `elements`, within a compiled step. */
  elementFactors(gradients: readonly Tensor[], uniform: Tensor): readonly Tensor[];
  /** What it remembers of losses before and after a step; called where it needs `lossesAfterStep`. */
  afterStep(
    before: readonly number[],
    after: readonly number[],
    present: readonly boolean[],
    state: BalancerState,
  ): BalancerState;
}

/**
 * A balancer with its options, for given tasks.
 *
 * @param chosen  null for the plain sum of the losses
 * @param tasks  names, in the order of all numbers by task
 * @param space  which gradients it compares
 * @returns      null where nothing is weighed: without a balancer, and for a single task; its functions throw
 *   `balancer-broken` for what a balancer must not give
 * @throws OverparamError `unsupported-balancer` with the balancer's reason
 */
export function balancingOf(
  chosen: Chosen<Balancer> | null,
  tasks: readonly string[],
  space: GradientSpace,
): Balancing | null {
  if (chosen === null || tasks.length < 2) return null;
  const { part: balancer, options } = chosen;
  checkBalancer(balancer, { tasks, gradients: space }, options);
  const needs = balancer.needs(options);
  checkNeeds(balancer, needs);
  const averages = needs.includes('averagedGradients');
  const secondBatch = needs.includes('secondBatch');
  const elements = needs.includes('elements');
  if (averages && (secondBatch || elements)) {
    throw refusal(
      balancer.name,
      `it needs averagedGradients and ${secondBatch ? 'secondBatch' : 'elements'}, and a step gives one of the two.`,
    );
  }
  if (secondBatch && space === 'representation') {
    throw refusal(
      balancer.name,
      'it compares gradients on two batches, and representations of different batches have none in common. Set gradients: parameters.',
    );
  }
  if (averages && space === 'representation') {
    throw refusal(
      balancer.name,
      'it averages gradients over updates, and representations of different batches have none in common. Set gradients: parameters.',
    );
  }
  return {
    name: balancer.name,
    space,
    needs: {
      before:
        averages || secondBatch || needs.includes('gramian')
          ? 'gramian'
          : needs.includes('losses')
            ? 'losses'
            : 'nothing',
      averages,
      secondBatch,
      elements,
      lossesAfterStep: needs.includes('lossesAfterStep'),
    },
    initialise: () => checkState(balancer.name, balancer.initialise(tasks, options)),
    weights: (inputs, present, state) =>
      checkWeights(balancer.name, balancer.weights(inputs, present, state, options), tasks.length),
    elementFactors: (gradients, uniform) => balancer.elementFactors!(gradients, uniform, options),
    averaging: (update) => balancer.averaging!(update, options),
    afterStep: (before, after, present, state) =>
      checkState(balancer.name, balancer.afterStep!(before, after, present, state, options)),
  };
}

const given: readonly BalancerNeed[] = [
  'losses',
  'gramian',
  'averagedGradients',
  'secondBatch',
  'elements',
  'lossesAfterStep',
];

/** Functions that answer to a need. */
const answers = {
  averagedGradients: 'averaging',
  elements: 'elementFactors',
  lossesAfterStep: 'afterStep',
} as const;
const isAnswered = (need: BalancerNeed): need is keyof typeof answers => need in answers;

/** Refuses needs that no step serves, and those whose answer the balancer has no function for. */
function checkNeeds(balancer: Balancer, needs: readonly BalancerNeed[]): void {
  const unknown = needs.find((need) => !given.includes(need));
  if (unknown !== undefined) {
    throw refusal(balancer.name, `it needs "${unknown}", and a step gives ${given.join(', ')}.`);
  }
  const lacking = needs.filter(isAnswered).find((need) => !balancer[answers[need]]);
  if (lacking === undefined) return;
  throw refusal(
    balancer.name,
    `it needs "${lacking}" and has no function "${answers[lacking]}". Give it one.`,
  );
}

/**
 * Refuses data that a balancer cannot work on.
 *
 * @param batches  in one pass over the training data
 * @throws OverparamError `unsupported-balancer` for two batches a step of data that has one
 */
export function checkBalancedData(
  { name, needs }: Balancing,
  { batches, batch, images }: { readonly batches: number; readonly batch: number; readonly images: number },
): void {
  if (!needs.secondBatch || batches > 1) return;
  throw refusal(
    name,
    `it compares the gradients of two batches that are drawn one without the other, and with batch: ${batch} the ${images} training images make a single one. Choose a batch of at most ${Math.floor(images / 2)}, or another balancer.`,
  );
}

/**
 * Refuses a network that a balancer cannot work on.
 *
 * @param trunks           tasks with a trunk of their own
 * @param representations  layers that separate shared layers from those of tasks
 * @throws OverparamError `unsupported-balancer`
 */
export function checkBalancedNetwork(
  { name, space, needs }: Balancing,
  trunks: readonly string[],
  representations: readonly string[],
): void {
  if (needs.averages && trunks.length > 0) {
    throw refusal(
      name,
      'it averages gradients of shared parameters, and this method gives each task a trunk of its own. Choose another balancer, or multiTask: routed.',
    );
  }
  if ((needs.before !== 'gramian' && !needs.elements) || space !== 'representation') return;
  if (trunks.length > 0) {
    throw refusal(
      name,
      'with a trunk for each task there is no representation that tasks share. Set gradients: parameters, or multiTask: routed.',
    );
  }
  if (representations.length === 0) {
    throw refusal(
      name,
      'this backbone has no layers whose outputs separate what is shared from what belongs to a task. Set gradients: parameters.',
    );
  }
}

function refusal(name: string, why: string): OverparamError {
  return new OverparamError('unsupported-balancer', `balancer "${name}": ${why}`);
}
