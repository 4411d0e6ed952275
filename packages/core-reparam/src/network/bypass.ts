import type { Call, Graph } from './graph';

/**
 * Whether something behind a layer can be reached without passing through it, in its model or around a model that it
 * is in. Only the first outputs of layers count: a further one, such as the places of a pooling's maxima, is no signal
 * that could go around a layer.
 */
export function isBypassed(graph: Graph, name: string): boolean {
  if (graph.parents.some((parent) => isBypassed(parent.graph, parent.layer))) return true;
  const behind = reach(graph, [name], null);
  behind.delete(name);
  const around = reach(
    graph,
    graph.inputs.map((input) => input.layer),
    name,
  );
  return [...behind].some(
    (layer) => around.has(layer) && graph.layer(layer).calls.some((call) => signals(call).length > 1),
  );
}

const signals = ({ inputs }: Call) => inputs.filter(({ output }) => output === 0);

/** Names of all layers that can be reached from some, without entering `closed`. */
function reach(graph: Graph, from: readonly string[], closed: string | null): Set<string> {
  const next = followers(graph);
  const seen = new Set<string>(from.filter((name) => name !== closed));
  const open = [...seen];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const follower of next.get(name) ?? []) {
      if (follower === closed || seen.has(follower)) continue;
      seen.add(follower);
      open.push(follower);
    }
  }
  return seen;
}

function followers(graph: Graph): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>();
  for (const layer of graph.layers.values()) {
    for (const input of layer.calls.flatMap(signals)) {
      const known = next.get(input.layer) ?? new Set<string>();
      next.set(input.layer, known.add(layer.name));
    }
  }
  return next;
}
