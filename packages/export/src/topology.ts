import { checkInitialisers } from './check-initialisers';
import { isRecord } from './json';

/** Throws the error for a topology that cannot be built. */
type Fail = (problem: string) => never;

/** Layers that one network may have, nested ones included: far more than any that is trained here. */
const mostLayers = 20_000;

/** How deep networks may be nested. */
const deepest = 32;

/** A call of a layer: on which outputs of which calls. */
interface Node {
  readonly layer: string;
  readonly inputs: readonly { readonly layer: string; readonly node: number }[];
}

/** Layers of networks, by tfjs's and Keras's names. */
const containers: readonly unknown[] = ['Model', 'Functional', 'Sequential'];

/**
 * Checks a topology before it is built: layers have names of their own, calls take outputs of calls that there are, and
 * none waits for itself. tfjs builds what it is given, and waits for ever for a call that never comes.
 *
 * @param topology  parsed JSON of a tfjs LayersModel
 */
export function checkTopology(topology: unknown, fail: Fail): void {
  let layers = 0;
  const visit = (value: unknown, where: string, depth: number): void => {
    if (depth > deepest) fail(`networks are nested deeper than ${deepest}`);
    const config = configOf(value, where, fail);
    const list = Array.isArray(config) ? config : config.layers;
    if (!Array.isArray(list)) throw fail(`${where} has no list of layers`);
    layers += list.length;
    if (layers > mostLayers) fail(`it has more than ${mostLayers} layers`);
    const sequential = isRecord(value) && className(value) === 'Sequential';
    const names = new Set<string>();
    const calls = new Map<string, Node[]>();
    for (const [index, layer] of list.entries()) {
      if (!isRecord(layer) || typeof className(layer) !== 'string' || !isRecord(layer.config)) {
        fail(`${where}: layers[${index}] is no layer with a class name and a config`);
      }
      const own = layer as Record<string, unknown>;
      const name = (own.name ?? (own.config as Record<string, unknown>).name) as unknown;
      if (typeof name !== 'string' || name === '') throw fail(`${where}: layers[${index}] has no name`);
      // tfjs finds layers by the one name and calls them by the other, and waits for ever where they differ.
      const { name: inner = name } = own.config as Record<string, unknown>;
      if (inner !== name || (!sequential && own.name !== name)) {
        fail(`${where}: layers[${index}] has another name in its config than "${name}"`);
      }
      if (names.has(name)) fail(`${where}: two layers are named "${name}"`);
      names.add(name);
      checkInitialisers(own.config as Record<string, unknown>, name, fail);
      const nested = containers.includes(className(own));
      if (nested) visit(own, `${where}, layer "${name}"`, depth + 1);
      if (sequential) continue;
      // A network counts its own making as its first call, which is not written.
      calls.set(name, [...(nested ? [{ layer: name, inputs: [] }] : []), ...nodesOf(own, name, fail)]);
    }
    if (sequential) return;
    checkCalls(calls, fail);
    const { input_layers: inputs, output_layers: outputs } = config as Record<string, unknown>;
    for (const [key, ends] of [
      ['input_layers', inputs],
      ['output_layers', outputs],
    ] as const) {
      if (!Array.isArray(ends) || ends.length === 0) throw fail(`${where}: ${key} is empty`);
      for (const end of typeof ends[0] === 'string' ? [ends] : ends) checkReference(end, calls, key, fail);
    }
  };
  visit(topology, 'the network', 0);
}

function className(layer: Readonly<Record<string, unknown>>): unknown {
  return layer.class_name ?? layer.className;
}

function configOf(value: unknown, where: string, fail: Fail): Record<string, unknown> | unknown[] {
  const model = isRecord(value) && isRecord(value.model_config) ? value.model_config : value;
  const config = isRecord(model) ? model.config : undefined;
  return isRecord(config) || Array.isArray(config) ? config : fail(`${where} has no config`);
}

/** The calls of a layer; an input layer is its own. */
function nodesOf(layer: Readonly<Record<string, unknown>>, name: string, fail: Fail): Node[] {
  const given = layer.inbound_nodes ?? layer.inboundNodes ?? [];
  if (!Array.isArray(given)) return fail(`inbound_nodes of layer "${name}" is no list`);
  if (given.length === 0) return [{ layer: name, inputs: [] }];
  return given.map((node) => {
    if (!Array.isArray(node)) return fail(`a call of layer "${name}" is no list of inputs`);
    const inputs = node.map((input) => {
      if (!isReference(input))
        return fail(`a call of layer "${name}" has an input that is no [layer, call, output]`);
      return { layer: input[0], node: input[1] };
    });
    return { layer: name, inputs };
  });
}

function isReference(value: unknown): value is [string, number, number] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  return [value[1], value[2]].every((index) => Number.isInteger(index) && index >= 0 && index < 1e6);
}

function checkReference(value: unknown, calls: ReadonlyMap<string, Node[]>, key: string, fail: Fail): void {
  if (!isReference(value)) throw fail(`${key} has an entry that is no [layer, call, output]`);
  const [layer, node] = value;
  if (calls.get(layer)?.[node] === undefined)
    fail(`${key} names call ${node} of layer "${layer}", which there is not`);
}

/** Every call takes outputs of calls that there are, and comes after them in some order. */
function checkCalls(calls: ReadonlyMap<string, readonly Node[]>, fail: Fail): void {
  const waiting = new Map<string, number>();
  const followers = new Map<string, string[]>();
  const key = (layer: string, node: number) => JSON.stringify([layer, node]);
  for (const [layer, nodes] of calls) {
    for (const [index, { inputs }] of nodes.entries()) {
      const own = key(layer, index);
      waiting.set(own, inputs.length);
      for (const input of inputs) {
        if (calls.get(input.layer)?.[input.node] === undefined) {
          fail(`layer "${layer}" takes call ${input.node} of layer "${input.layer}", which there is not`);
        }
        const before = key(input.layer, input.node);
        followers.set(before, [...(followers.get(before) ?? []), own]);
      }
    }
  }
  const ready = [...waiting].filter(([, count]) => count === 0).map(([own]) => own);
  let done = 0;
  for (let own = ready.pop(); own !== undefined; own = ready.pop()) {
    done += 1;
    for (const next of followers.get(own) ?? []) {
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  if (done < waiting.size) {
    const [layer] = JSON.parse([...waiting].find(([, count]) => count > 0)![0]) as [string];
    fail(`layer "${layer}" waits for its own output`);
  }
}
