import type { Graph, GraphLayer } from './graph';

/** Whether anything that trains is in a layer or before it, so that training takes gradients through it. */
export function takesGradients(graph: Graph, name: string): boolean {
  const seen = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const layer = graph.layer(next);
    if (trains(layer)) return true;
    for (const { inputs } of layer.calls) for (const input of inputs) open.push(input.layer);
  }
  return graph.parents.some((parent) => isBehindTraining(parent.graph, parent.layer));
}

/** Whether anything that trains is before a model that is used as a layer. */
function isBehindTraining(graph: Graph, name: string): boolean {
  return graph
    .layer(name)
    .calls.some(({ inputs }) => inputs.some((input) => takesGradients(graph, input.layer)));
}

function trains({ frozen, weights, inner }: GraphLayer): boolean {
  if (inner) return [...inner.layers.values()].some(trains);
  // Without values as yet: an expansion.
  return frozen !== 'all' && (weights === null || weights.length > 0);
}

/** Whether a convolution's taps are apart. */
export function isDilated({ config }: GraphLayer): boolean {
  return [config.dilationRate].flat().some((rate) => typeof rate === 'number' && rate > 1);
}
