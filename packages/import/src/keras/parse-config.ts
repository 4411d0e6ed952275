import { OverparamError } from '@overparam/errors';
import type { Reference, StoredGraph, StoredLayer } from './stored-network';

type Json = Readonly<Record<string, unknown>>;

/** How deep networks may be nested, how many layers there may be, and how deep the values of a config may lie. */
const limits = { depth: 16, layers: 20_000 } as const;

/**
 * A network's config as Keras 2, Keras 3 and TensorFlow.js write it.
 *
 * @throws OverparamError `config-invalid`, `layer-unsupported` for a network of a class of its own
 */
export function parseConfig(
  value: unknown,
  source: string,
): { readonly name: string; readonly graph: StoredGraph } {
  const fail = (problem: string) =>
    new OverparamError(
      'config-invalid',
      `${source}: expected the config of a Keras network, but ${problem}. The file is damaged or no network; save it again.`,
    );
  let layers = 0;

  function graphOf(network: unknown, where: string, depth: number): { name: string; graph: StoredGraph } {
    if (depth > limits.depth) throw fail(`networks are nested deeper than ${limits.depth}`);
    if (!isRecord(network)) throw fail(`${where} is no object`);
    const kind = network.class_name ?? network.className;
    if (kind !== 'Sequential' && kind !== 'Functional' && kind !== 'Model') {
      throw new OverparamError(
        'layer-unsupported',
        `${source}: ${where} is of class ${JSON.stringify(kind ?? null)}, whose code is not in the file and would not be run. Rebuild it as a functional or sequential network.`,
      );
    }
    const config = Array.isArray(network.config) ? { layers: network.config } : network.config;
    if (!isRecord(config) || !Array.isArray(config.layers)) throw fail(`${where} has no list of layers`);
    layers += config.layers.length;
    if (layers > limits.layers) throw fail(`it has more than ${limits.layers} layers`);
    const names = new Set<string>();
    const found = config.layers.map((layer: unknown, index): StoredLayer => {
      const parsed = layerOf(layer, `${where}, layer ${index}`, depth);
      if (names.has(parsed.name))
        throw fail(`two layers of ${where} are named ${JSON.stringify(parsed.name)}`);
      names.add(parsed.name);
      return parsed;
    });
    const name = typeof config.name === 'string' ? config.name : 'network';
    if (kind === 'Sequential') return { name, graph: { layers: found, ends: null } };
    const ends = {
      inputs: referencesOf(config.input_layers ?? config.inputLayers, `the inputs of ${where}`),
      outputs: referencesOf(config.output_layers ?? config.outputLayers, `the outputs of ${where}`),
    };
    return { name, graph: { layers: found, ends } };
  }

  function layerOf(layer: unknown, where: string, depth: number): StoredLayer {
    if (!isRecord(layer)) throw fail(`${where} is no object`);
    const kind = layer.class_name ?? layer.className;
    const config = Array.isArray(layer.config) ? {} : layer.config;
    if (typeof kind !== 'string' || !isRecord(config)) throw fail(`${where} has no class name and config`);
    const name = layer.name ?? config.name;
    if (typeof name !== 'string' || name === '') throw fail(`${where} has no name`);
    const nested = kind === 'Sequential' || kind === 'Functional' || kind === 'Model';
    const given = layer.inbound_nodes ?? layer.inboundNodes ?? [];
    if (!Array.isArray(given)) throw fail(`the calls of layer ${JSON.stringify(name)} are no list`);
    return {
      kind,
      name,
      config,
      inner: nested ? graphOf(layer, `network ${JSON.stringify(name)}`, depth + 1).graph : null,
      calls: given.map((call) => callOf(call, name)),
    };
  }

  /** What a call takes: a list of references, or Keras 3's arguments. */
  function callOf(call: unknown, name: string): Reference[] {
    if (Array.isArray(call))
      return call.map((input) => referenceOf(input, `a call of layer ${JSON.stringify(name)}`));
    if (!isRecord(call) || !Array.isArray(call.args))
      throw fail(`a call of layer ${JSON.stringify(name)} is no list`);
    for (const [key, value] of Object.entries(isRecord(call.kwargs) ? call.kwargs : {})) {
      if (value !== null && value !== false && key !== 'training') {
        throw fail(`layer ${JSON.stringify(name)} is called with ${JSON.stringify(key)}, which is not read`);
      }
    }
    if (call.args.length !== 1)
      throw fail(`layer ${JSON.stringify(name)} is called with ${call.args.length} arguments`);
    const [tensors] = call.args as unknown[];
    return (Array.isArray(tensors) ? tensors : [tensors]).map((tensor: unknown) => {
      const history = isRecord(tensor) && isRecord(tensor.config) ? tensor.config.keras_history : undefined;
      return referenceOf(history, `a call of layer ${JSON.stringify(name)}`);
    });
  }

  function referencesOf(value: unknown, where: string): Reference[] {
    if (!Array.isArray(value) || value.length === 0) throw fail(`${where} are no list`);
    return (typeof value[0] === 'string' ? [value] : value).map((end: unknown) => referenceOf(end, where));
  }

  function referenceOf(value: unknown, where: string): Reference {
    const [layer, call, output] = Array.isArray(value) ? (value as unknown[]) : [];
    const count = (index: unknown) => Number.isSafeInteger(index) && (index as number) >= 0;
    if (typeof layer !== 'string' || !count(call) || !count(output)) {
      throw fail(`${where} name something that is no [layer, call, output]`);
    }
    return { layer, call: call as number, output: output as number };
  }

  return graphOf(value, 'the network', 0);
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
