import { expand, type Selection, type Statistics } from '@overparam/core-reparam';
import type { Key } from '@overparam/engine';
import type { Network, Task } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import { layoutOf } from './layout';
import type { OnLayer } from './network';

/** How {@link expandNetwork} expands. */
export interface ExpandNetworkOptions extends Selection {
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Pick<Task, 'name'>[];
  /** Decides every first value that does not follow from the given weights. */
  readonly key: Key;
  /** Of the running variance of norms; `unbiased` where left out. */
  readonly statistics?: Statistics;
  /** Told of each layer that is expanded, as first values can take minutes. */
  readonly onLayer?: OnLayer;
}

/**
 * A network with layers of its replaced by a method's, as `expand` does it, and told which of them belong to which task.
 *
 * @param network  a backbone's, which says so itself, or any other, where {@link layoutOf} finds it; stays the caller's
 * @returns        the caller disposes its model
 * @throws OverparamError what `expand` throws
 * @example
 * const network = expandNetwork(model, { method: trirep, tasks, key: keyFromSeed(1) });
 */
export function expandNetwork(network: LayersModel | Network, options: ExpandNetworkOptions): Network {
  const { tasks, ...rest } = options;
  const { model, owner, representations } =
    'model' in network ? network : { model: network, ...layoutOf(network, tasks) };
  const owned = tasks.length > 1 ? (layer: string) => owner(layer) : () => null;
  const names = tasks.map(({ name }) => name);
  return { model: expand(model, { ...rest, tasks: names, owner: owned }), owner: owned, representations };
}
