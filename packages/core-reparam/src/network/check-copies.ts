import { OverparamError } from '@overparam/errors';
import type { Graph } from './graph';
import { variablesOf } from './layer-state';

/**
 * Checks that a network can be run, and made again from its layers' configs.
 *
 * @throws OverparamError `shared-weights` where layers share weights in a way that only the layers themselves know of;
 *   `layer-not-copied` for layers that remember what they have seen; `empty-output` for layers that leave nothing of
 *   what they are given; `repeated-output` and `duplicate-layer` for what is listed or named twice
 */
export function checkCopies(whole: Graph): void {
  const owners = new Map<unknown, { id: number; path: string }>();
  const paths = new Map<string, number>();
  for (const graph of whole.withInner()) {
    checkOutputs(graph);
    for (const { id, path, source, inner, calls } of graph.layers.values()) {
      const other = paths.get(path);
      if (other !== undefined && other !== id) {
        throw new OverparamError(
          'duplicate-layer',
          `Two layers of "${whole.name}" would be called "${path}": one by its own name, one by its place in a model inside. Rename one of them.`,
        );
      }
      paths.set(path, id);
      if (!source || inner) continue;
      const none = calls
        .flatMap(({ outputShapes }) => outputShapes)
        .find((shape) => shape.some((side) => side !== null && side < 1));
      if (none) {
        // TensorFlow.js runs it, and some of its backends then write past their memory.
        throw new OverparamError(
          'empty-output',
          `The layer "${path}" makes [${none.map((side) => side ?? '?').join(', ')}], which holds nothing: the network is made for larger inputs.`,
        );
      }
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

/** TensorFlow.js warns of an output that is listed twice, and gives null in the place of the second. */
function checkOutputs({ name, outputs }: Graph): void {
  const seen = new Set<string>();
  for (const { layer, call, output } of outputs) {
    const place = `${call} ${output} ${layer}`;
    if (seen.has(place)) {
      throw new OverparamError(
        'repeated-output',
        `The network "${name}" lists the output of "${layer}" twice, and TensorFlow.js runs it once. List every output once.`,
      );
    }
    seen.add(place);
  }
}
