import type { Parameter } from '@overparam/core-reparam';
import { createOptimiser, type Optimiser } from '@overparam/engine';
import type { Stage } from '@overparam/plugin';
import type { Variable } from '@tensorflow/tfjs';
import type { RunConfig } from '../config/schema';
import { type Averages, createAverages } from './averages';
import { optimisedParameters } from './groups';
import { networkFor, plainForm, type TrainedNetwork } from './network';
import type { Session } from './session';

/** A network with its optimiser, and the running averages of task gradients where a balancer wants them. */
export interface Trained {
  readonly network: TrainedNetwork;
  readonly optimiser: Optimiser;
  readonly averages: Averages | null;
}

/** The optimiser of a network, its slots at zero; the caller disposes. */
export function optimiserFor(config: RunConfig, network: TrainedNetwork): Optimiser {
  return createOptimiser(config.optimiser, optimisedParameters(network.parameters, config.weightDecay));
}

/** A network with all that training it needs, at zero; see {@link disposeTrained}. */
export function equip(
  { config, tasks, balancing }: Pick<Session, 'config' | 'tasks' | 'balancing'>,
  network: TrainedNetwork,
): Trained {
  const averages = balancing?.needs.averages ? createAverages(network, tasks) : null;
  return { network, optimiser: optimiserFor(config, network), averages };
}

/** Frees a network and all that goes with it. */
export function disposeTrained({ network, optimiser, averages }: Trained): void {
  optimiser.dispose();
  averages?.dispose();
  network.model.dispose();
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
 * carries the optimiser's slots over by {@link transferOf}. What was before is disposed.
 */
export function changeStage(
  session: Pick<Session, 'config' | 'key' | 'tasks' | 'balancing'>,
  before: Trained,
  stage: Stage,
): Trained {
  const { config, key, tasks } = session;
  const from = plainForm(before.network);
  try {
    const names = tasks.map(({ name }) => name);
    const after = equip(session, networkFor(config, stage, from, names, key, 'preserve'));
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
