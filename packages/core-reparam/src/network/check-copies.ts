import { OverparamError } from '@overparam/errors';
import type { Graph } from './graph';
import { variablesOf } from './layer-state';

/**
 * Checks that a network can be made again from its layers' configs.
 *
 * @throws OverparamError `shared-weights` where layers share weights in a way that only the layers themselves know of;
 *   `layer-not-copied` for layers that remember what they have seen
 */
export function checkCopies(whole: Graph): void {
  const owners = new Map<unknown, { id: number; path: string }>();
  for (const { layers } of whole.withInner()) {
    for (const { id, path, source, inner } of layers.values()) {
      if (!source || inner) continue;
      if (source.stateful) {
        throw new OverparamError(
          'layer-not-copied',
          `The layer "${path}" is stateful: what it remembers from one batch to the next would be lost. Make it without stateful: true.`,
        );
      }
      for (const variable of variablesOf(source)) {
        const owner = owners.get(variable);
        if (owner && owner.id !== id) {
          throw new OverparamError(
            'shared-weights',
            `The layers "${owner.path}" and "${path}" share weights because one holds the other, and would have weights of their own in an expanded network. Use one layer in both places.`,
          );
        }
        owners.set(variable, { id, path });
      }
    }
  }
}
