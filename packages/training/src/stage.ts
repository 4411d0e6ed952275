import type { Parameter } from '@overparam/core-reparam';
import { createOptimiser, type Optimiser } from '@overparam/engine';
import type { Stage } from '@overparam/plugin';
import type { Variable } from '@tensorflow/tfjs';
import { createGradientSums, type GradientSums } from './accumulation';
import { type Averages, createAverages } from './averages';
import { optimisedParameters } from './groups';
import { networkFor, type OnLayer, plainForm, type TrainedNetwork } from './network';
import type { TrainingPlan } from './plan';
import type { Recipe } from './recipe';
import { createWeightAverage, type WeightAverage } from './weight-average';

/** A network with its optimiser, and the running averages of task gradients where a balancer wants them. */
export interface Trained {
  readonly network: TrainedNetwork;
  readonly optimiser: Optimiser;
  readonly averages: Averages | null;
  /** Averages of the weights, which are evaluated and deployed in their place; null for none. */
  readonly weightAverage: WeightAverage | null;
  /** Gradients of batches that count as one; null where each counts by itself. */
  readonly gradientSums: GradientSums | null;
}

/** The optimiser of a network, its slots at zero; the caller disposes. */
export function optimiserFor(
  { optimiser, weightDecay, parameterGroups }: Pick<Recipe, 'optimiser' | 'weightDecay' | 'parameterGroups'>,
  network: Pick<TrainedNetwork, 'parameters'>,
): Optimiser {
  return createOptimiser(optimiser, optimisedParameters(network.parameters, weightDecay, parameterGroups));
}

/** A network with all that training it needs, at zero; see {@link disposeTrained}. */
export function equip(
  { recipe, tasks, balancing }: Pick<TrainingPlan, 'recipe' | 'tasks' | 'balancing'>,
  network: TrainedNetwork,
): Trained {
  const averages = balancing?.needs.averages ? createAverages(network, tasks) : null;
  const weightAverage = recipe.averageWeights ? createWeightAverage(network) : null;
  const gradientSums = recipe.accumulate > 1 ? createGradientSums(network, recipe.accumulate) : null;
  return { network, optimiser: optimiserFor(recipe, network), averages, weightAverage, gradientSums };
}

/** Frees a network and all that goes with it. */
export function disposeTrained({ network, optimiser, averages, weightAverage, gradientSums }: Trained): void {
  optimiser.dispose();
  averages?.dispose();
  weightAverage?.dispose();
  gradientSums?.dispose();
  network.model.dispose();
}

/** All tensors that a run needs to go on, by name; they belong to what is trained. */
export function variablesOf({
  network,
  optimiser,
  averages,
  weightAverage,
  gradientSums,
}: Trained): ReadonlyMap<string, Variable> {
  return new Map([
    ...network.parameters.map(({ name, variable }) => [`parameters/${name}`, variable] as const),
    ...network.states.map(({ name, variable }) => [`states/${name}`, variable] as const),
    ...[...optimiser.slots].map(([name, variable]) => [`slots/${name}`, variable] as const),
    ...[...(gradientSums?.slots ?? [])].map(
      ([name, variable]) => [`gradientSums/${name}`, variable] as const,
    ),
    ...[...(weightAverage?.slots ?? [])].map(
      ([name, variable]) => [`weightAverage/${name}`, variable] as const,
    ),
    ...[...(averages?.slots ?? [])].map(([name, variable]) => [`averages/${name}`, variable] as const),
  ]);
}

function sameShape(a: Parameter, b: Parameter): boolean {
  return a.variable.shape.join() === b.variable.shape.join();
}

/**
 * For each parameter after a change of stage, the one before whose optimiser slots it takes over: that of the
 * same name and shape, else the one that continues the same weight of the same plain layer in the same shape.
 * Parameters that are not in the result begin with empty slots.
 */
export function transferOf(before: readonly Parameter[], after: readonly Parameter[]): Map<string, string> {
  const transfer = new Map<string, string>();
  for (const parameter of after) {
    const candidates = before.filter((other) => sameShape(other, parameter));
    const kept = candidates.find((other) => other.name === parameter.name);
    const mapped = candidates.find(
      (other) =>
        parameter.continues !== null &&
        other.layer === parameter.layer &&
        other.continues === parameter.continues,
    );
    const source = kept ?? mapped;
    if (source) transfer.set(parameter.name, source.name);
  }
  return transfer;
}

type Slots = ReadonlyMap<string, Variable>;

/** Copies slots along a transfer. */
function transferSlots(before: Slots, after: Slots, transfer: ReadonlyMap<string, string>): void {
  for (const [name, slot] of after) {
    const cut = name.lastIndexOf('/');
    const source = transfer.get(name.slice(0, cut));
    const old = source === undefined ? undefined : before.get(`${source}${name.slice(cut)}`);
    if (old) slot.assign(old);
  }
}

/**
 * Goes over to another stage without changing the function that is learnt: collapses, expands again and
 * carries the optimiser's slots over by {@link transferOf}. Averages of weights begin anew. What was before is disposed.
 *
 * @param onLayer  told of each layer that is expanded
 */
export function changeStage(
  plan: Pick<TrainingPlan, 'recipe' | 'tasks' | 'balancing'>,
  before: Trained,
  stage: Stage,
  onLayer?: OnLayer,
): Trained {
  const from = plainForm(before.network);
  try {
    const tasks = plan.tasks.map(({ name }) => name);
    const after = equip(plan, networkFor(plan.recipe, from, { stage, tasks, start: 'preserve', onLayer }));
    const transfer = transferOf(before.network.parameters, after.network.parameters);
    transferSlots(before.optimiser.slots, after.optimiser.slots, transfer);
    if (before.averages && after.averages)
      transferSlots(before.averages.slots, after.averages.slots, transfer);
    disposeTrained(before);
    return after;
  } finally {
    from.model.dispose();
  }
}
