import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { ExpandedLayer } from './expanded-layer';
import { type Call, Graph, type GraphLayer, type LayerForm, type OutputOf } from './graph';
import { frozenPart, stateOf, variablesOf } from './layer-state';
import { noteShapes, type RecordedCall } from './shapes';

type Layer = tf.layers.Layer;
type Config = tf.serialization.ConfigDict;

/** A use of a layer as tfjs has noted it. */
interface Use {
  readonly layer: Layer;
  /** Place among the layer's nodes, which count its uses in all networks. */
  readonly node: number;
  readonly inputs: readonly tf.SymbolicTensor[];
  readonly outputs: readonly tf.SymbolicTensor[];
  readonly kwargs: Config;
}

/**
 * Reads the topology of a network, and of the models that are layers of it. Weights are borrowed from it.
 *
 * What is read is what tfjs runs: the way back from the network's outputs to its inputs. A layer that was used in
 * another network has uses there too, and a `Sequential` that begins with such a layer runs all that is before it,
 * though its list of layers does not say so.
 */
export function readGraph(model: LayersModel): Graph {
  const reader = new Reader();
  const graph = reader.read(model, '');
  reader.finish(graph, model);
  return graph;
}

class Reader {
  private readonly graphs = new Map<LayersModel, Graph>();
  private readonly recorded = new Map<Graph, RecordedCall[]>();

  read(model: LayersModel, prefix: string): Graph {
    const known = this.graphs.get(model);
    if (known) return known;
    const first = modelAtTheFront(model);
    const uses = usesOf(model, first);
    const sequential = isSequential(model) && isChain(uses) && usesEachOnce(uses);
    const inputName = sequential ? freeInputName(model, uses) : null;
    const places = placesOf(uses, model, inputName);
    const at = (tensors: readonly tf.SymbolicTensor[]) => tensors.map((tensor) => places.get(tensor)!);
    const graph = new Graph(
      model.name,
      prefix,
      sequential,
      model.trainable,
      at(model.inputs),
      at(model.outputs),
    );
    this.graphs.set(model, graph);
    for (const [index, input] of model.inputs.entries()) {
      const { layer } = graph.inputs[index]!;
      graph.layers.set(layer, inputLayer(layer, prefix, input));
    }
    for (const layer of layersInOrder(model, uses)) {
      const calls = uses
        .filter((use) => use.layer === layer)
        .sort((a, b) => a.node - b.node)
        .map(
          ({ inputs, kwargs }): Call => ({ inputs: at(inputs), kwargs, inputShapes: [], outputShapes: [] }),
        );
      graph.layers.set(layer.name, this.describe(graph, layer, calls));
    }
    const record = uses.map(({ inputs, outputs }) => ({
      ...places.get(outputs[0]!)!,
      inputShapes: inputs.map(({ shape }) => shape),
      outputShapes: outputs.map(({ shape }) => shape),
    }));
    this.recorded.set(graph, record);
    return graph;
  }

  private describe(graph: Graph, layer: Layer, calls: Call[]): GraphLayer {
    const path = graph.prefix + layer.name;
    const inner = layer instanceof tf.LayersModel ? this.read(layer, `${path}/`) : null;
    inner?.parents.push({ graph, layer: layer.name });
    const form = inner
      ? { className: layer.getClassName(), config: {}, create: neverCreated, weights: null, state: null }
      : formOf(layer);
    return {
      ...form,
      id: layer.id,
      name: layer.name,
      path,
      source: layer,
      frozen: 'no',
      shared: false,
      inner,
      calls,
    };
  }

  /** What is known once all models have been read: frozen and shared layers, and the shapes at every use. */
  finish(whole: Graph, model: LayersModel): void {
    const graphs = whole.withInner();
    const places = new Map<number, number>();
    for (const graph of graphs)
      for (const { id } of graph.layers.values()) places.set(id, (places.get(id) ?? 0) + 1);
    for (const graph of graphs) {
      const { frozen } = graph;
      for (const [name, layer] of graph.layers) {
        const own = layer.source && !layer.inner ? frozenPart(layer.source) : 'no';
        const shared = places.get(layer.id)! > 1;
        graph.layers.set(name, { ...layer, frozen: frozen ? 'all' : own, shared });
      }
    }
    noteShapes(
      whole,
      this.recorded,
      model.inputs.map(({ shape }) => shape),
    );
  }
}

function neverCreated(): never {
  throw new Error('A model is built from its own topology.');
}

const isSequential = (model: LayersModel) => model.getClassName() === 'Sequential';

const isInput = (layer: Layer) => layer.getClassName() === 'InputLayer';

/** The model that a `Sequential` begins with: tfjs does not use it as a layer, but takes its tensors for its own. */
function modelAtTheFront(model: LayersModel): LayersModel | null {
  if (!isSequential(model)) return null;
  const first = model.layers[0];
  const taken = first instanceof tf.LayersModel && first.inputs[0] === model.inputs[0];
  return taken ? first : null;
}

/** All uses of layers between a model's inputs and its outputs, in an order in which they can be run. */
function usesOf({ inputs, outputs }: LayersModel, front: LayersModel | null): Use[] {
  const order: Use[] = [];
  const seen = new Set<string>();
  const visit = (tensor: tf.SymbolicTensor): void => {
    if (inputs.includes(tensor)) return;
    const use = front?.outputs[0] === tensor ? useOfFront(front, inputs) : useBehind(tensor);
    const key = `${use.layer.id}:${use.node}`;
    if (seen.has(key)) return;
    seen.add(key);
    for (const input of use.inputs) visit(input);
    order.push(use);
  };
  for (const output of outputs) visit(output);
  return order;
}

function useOfFront(front: LayersModel, inputs: readonly tf.SymbolicTensor[]): Use {
  return { layer: front, node: -1, inputs, outputs: front.outputs, kwargs: {} };
}

/** The use of a layer that a tensor comes from. */
function useBehind({ sourceLayer, nodeIndex }: tf.SymbolicTensor): Use {
  const node = sourceLayer.inboundNodes[nodeIndex]!;
  return {
    layer: sourceLayer,
    node: nodeIndex,
    inputs: node.inputTensors,
    outputs: node.outputTensors,
    kwargs: plainArguments(node.callArgs),
  };
}

/** Keyword arguments that are plain data; tensors, such as the first state of a recurrent layer, are inputs as well. */
function plainArguments(given: unknown): Config {
  const isPlain = (value: unknown): boolean => {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
    if (Array.isArray(value)) return value.every(isPlain);
    return Object.getPrototypeOf(value ?? 0) === Object.prototype && Object.values(value!).every(isPlain);
  };
  const entries = Object.entries((given ?? {}) as Config);
  return Object.fromEntries(entries.filter(([, value]) => value !== null && isPlain(value)));
}

/** Whether no layer is used again: tfjs cannot apply a new `Sequential` that lists a layer twice in a row. */
function usesEachOnce(uses: readonly Use[]): boolean {
  return new Set(uses.map(({ layer }) => layer)).size === uses.length;
}

/** Whether each use takes what the one before it gives, and nothing else. */
function isChain(uses: readonly Use[]): boolean {
  return uses.every(({ inputs, outputs }, index) => {
    const before = uses[index - 1]?.outputs[0];
    return inputs.length === 1 && outputs.length === 1 && (!before || inputs[0] === before);
  });
}

/** What tfjs calls the input of a `Sequential`, unless a layer has that name. */
function freeInputName({ name }: LayersModel, uses: readonly Use[]): string {
  const taken = new Set(uses.map(({ layer }) => layer.name));
  let free = `${name}_input`;
  while (taken.has(free)) free += '_';
  return free;
}

/** Where each tensor comes from, in terms of this network: tfjs numbers a layer's uses over all networks. */
function placesOf(
  uses: readonly Use[],
  { inputs }: LayersModel,
  inputName: string | null,
): Map<tf.SymbolicTensor, OutputOf> {
  const places = new Map<tf.SymbolicTensor, OutputOf>();
  for (const input of inputs)
    places.set(input, { layer: inputName ?? input.sourceLayer.name, call: 0, output: 0 });
  const nodes = new Map<Layer, number[]>();
  for (const { layer, node } of uses) nodes.set(layer, [...(nodes.get(layer) ?? []), node]);
  for (const list of nodes.values()) list.sort((a, b) => a - b);
  for (const { layer, node, outputs } of uses) {
    const call = nodes.get(layer)!.indexOf(node);
    for (const [output, tensor] of outputs.entries()) places.set(tensor, { layer: layer.name, call, output });
  }
  return places;
}

/** The layers of a model as it lists them; those that it runs and does not list come first. */
function layersInOrder(model: LayersModel, uses: readonly Use[]): Layer[] {
  const used = new Set(uses.map(({ layer }) => layer));
  const listed = new Set(model.layers.filter((layer) => used.has(layer)));
  const hidden = [...used].filter((layer) => !listed.has(layer));
  return [...hidden, ...listed].filter((layer) => !isInput(layer));
}

function inputLayer(
  name: string,
  prefix: string,
  { shape, dtype, sourceLayer }: tf.SymbolicTensor,
): GraphLayer {
  return {
    id: sourceLayer.id,
    name,
    path: prefix + name,
    className: 'InputLayer',
    config: { batchInputShape: shape, dtype, name } as unknown as Config,
    create: (given) => tf.layers.inputLayer(given as never),
    source: sourceLayer,
    weights: null,
    state: null,
    frozen: 'no',
    shared: false,
    inner: null,
    calls: [],
  };
}

/** A layer as data, without its place. */
export function formOf(layer: Layer): LayerForm {
  const kind = layer.constructor as unknown as tf.serialization.SerializableConstructor<Layer>;
  const create =
    layer instanceof ExpandedLayer
      ? // The expansion itself goes along, so that a method need not be registered to be copied.
        (config: Config) =>
          new ExpandedLayer(
            config as unknown as ConstructorParameters<typeof ExpandedLayer>[0],
            layer.expansion,
          )
      : (config: Config) => kind.fromConfig(kind, config) as Layer;
  const weights: Tensor[] = layer.built ? variablesOf(layer).map((variable) => variable.read()) : [];
  return {
    className: layer.getClassName(),
    config: { ...configOf(layer), name: layer.name },
    create,
    weights,
    state: stateOf(layer),
  };
}

/** What tfjs's own layers leave out of their configs, though their constructors take it. */
const forgotten: Readonly<Record<string, readonly string[]>> = {
  AlphaDropout: ['noiseShape'],
  Conv1D: ['dataFormat'],
  SeparableConv2D: ['depthMultiplier'],
};

/** A layer's config, with what tfjs forgets. */
function configOf(layer: Layer): Config {
  const config = { ...layer.getConfig() };
  const own = layer as unknown as Config;
  const className = layer.getClassName();
  for (const name of forgotten[className] ?? []) if (own[name] !== undefined) config[name] = own[name];
  // It writes the kernel's regulariser in the place of the constraint.
  if (className === 'DepthwiseConv2D') {
    const constraint = own.depthwiseConstraint as unknown as tf.serialization.Serializable | null;
    config.depthwiseConstraint = constraint && {
      className: constraint.getClassName(),
      config: constraint.getConfig(),
    };
  }
  return config;
}
