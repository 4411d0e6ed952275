import type { Parameter, Stage } from '@overparam/core-reparam';
import { createOptimiser, type Key, type Optimiser } from '@overparam/engine';
import type { RunConfig } from '../config/schema';
import { optimisedParameters } from './groups';
import { networkFor, plainForm, type TrainedNetwork } from './network';

/** A network with its optimiser. */
export interface Trained {
  readonly network: TrainedNetwork;
  readonly optimiser: Optimiser;
}

/** The optimiser of a network, its slots at zero; the caller disposes. */
export function optimiserFor(config: RunConfig, network: TrainedNetwork): Optimiser {
  return createOptimiser(config.optimiser, optimisedParameters(network.parameters, config.weightDecay));
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

/** Copies slots along a transfer. */
function transferSlots(before: Optimiser, after: Optimiser, transfer: ReadonlyMap<string, string>): void {
  for (const [name, slot] of after.slots) {
    const cut = name.lastIndexOf('/');
    const source = transfer.get(name.slice(0, cut));
    const old = source === undefined ? undefined : before.slots.get(`${source}${name.slice(cut)}`);
    if (old) slot.assign(old);
  }
}

/**
 * Goes over to another stage without changing the function that is learnt: collapses, expands again and
 * carries the optimiser's slots over by {@link transferOf}. What was before is disposed.
 */
export function changeStage(config: RunConfig, key: Key, before: Trained, stage: Stage): Trained {
  const plainModel = plainForm(before.network);
  try {
    const network = networkFor(config, stage, plainModel, key, 'preserve');
    const optimiser = optimiserFor(config, network);
    transferSlots(before.optimiser, optimiser, transferOf(before.network.parameters, network.parameters));
    before.optimiser.dispose();
    before.network.model.dispose();
    return { network, optimiser };
  } finally {
    plainModel.dispose();
  }
}
