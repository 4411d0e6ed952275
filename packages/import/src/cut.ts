import { nearest, OverparamError } from '@overparam/errors';
import type { Reference, StoredGraph, StoredLayer } from './keras/stored-network';

/** Layers behind which images are no images any more. */
const flattening: ReadonlySet<string> = new Set(['Flatten', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D']);

/**
 * A network of one input up to a layer: the one that is named, or else the last map before its images are pooled or laid
 * flat; all of it where they never are.
 *
 * @throws OverparamError `unknown-layer`, `invalid-options` for a network of several inputs
 */
export function cutAt(given: StoredGraph, until: string | undefined, source: string): StoredGraph {
  const { layers, ends } = ofOneInput(given, source);
  const { inputs, outputs } = ends!;
  const end = until === undefined ? lastMap({ layers }, outputs[0]!) : outputOf({ layers }, until, source);
  return { layers, ends: { inputs, outputs: [end] } };
}

/**
 * A network of one input as a whole: its last map before its images are pooled or laid flat is the first output, its own
 * outputs come behind.
 *
 * @throws OverparamError `invalid-options` for a network of several inputs
 */
export function whole(given: StoredGraph, source: string): StoredGraph {
  const { layers, ends } = ofOneInput(given, source);
  const { inputs, outputs } = ends!;
  return { layers, ends: { inputs, outputs: [lastMap({ layers }, outputs[0]!), ...outputs] } };
}

function ofOneInput(given: StoredGraph, source: string): StoredGraph {
  const graph = given.ends ? given : joined(given);
  const { inputs } = graph.ends!;
  if (inputs.length === 1) return graph;
  throw new OverparamError(
    'invalid-options',
    `${source}: the network has ${inputs.length} inputs, and a backbone has one, the image. Give a network of one input.`,
  );
}

function outputOf({ layers }: Pick<StoredGraph, 'layers'>, until: string, source: string): Reference {
  const names = layers.map(({ name }) => name);
  if (names.includes(until)) return { layer: until, call: 0, output: 0 };
  const near = nearest(until, names);
  throw new OverparamError(
    'unknown-layer',
    `${source}: it has no layer "${until}" to be cut behind. ${near ? `Did you mean "${near}"?` : `Its last ones are ${names.slice(-4).join(', ')}.`}`,
  );
}

function lastMap({ layers }: Pick<StoredGraph, 'layers'>, end: Reference): Reference {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  let at = end;
  for (let steps = 0; steps < layers.length; steps++) {
    const layer = byName.get(at.layer);
    const taken = layer?.calls[at.call];
    if (!layer || taken?.length !== 1) return end;
    if (flattening.has(layer.kind)) return taken[0]!;
    at = taken[0]!;
  }
  return end;
}

/** A sequence as layers that are joined one after the other. */
function joined({ layers }: StoredGraph): StoredGraph {
  const rest = layers.filter(({ kind }) => kind !== 'InputLayer');
  const first: StoredLayer = {
    kind: 'InputLayer',
    name: layers[0]?.kind === 'InputLayer' ? layers[0].name : 'the image',
    config: {},
    inner: null,
    calls: [],
  };
  const all = [first, ...rest.map((layer, index) => ({ ...layer, calls: [[before(index)]] }))];
  return {
    layers: all,
    ends: { inputs: [{ layer: first.name, call: 0, output: 0 }], outputs: [before(rest.length)] },
  };

  function before(index: number): Reference {
    return { layer: index === 0 ? first.name : rest[index - 1]!.name, call: 0, output: 0 };
  }
}
