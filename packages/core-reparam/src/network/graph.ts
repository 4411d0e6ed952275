import { OverparamError } from '@overparam/errors';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { ExpandedLayer } from './expanded-layer';

type Layer = tf.layers.Layer;
type Config = tf.serialization.ConfigDict;

/** One output of one call of a layer. */
export interface OutputOf {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** One use of a layer. */
export interface Call {
  inputs: OutputOf[];
  /** Keyword arguments it was applied with. */
  readonly kwargs: Config;
  /** Shape of the first input in the network that was read, `[null, …]`; null for inserted layers. */
  readonly inputShape: tf.Shape | null;
}

/** A layer as data: what to make, with which weights, and where it is used. */
export interface GraphLayer {
  readonly name: string;
  /** tfjs's class name, such as `Conv2D`. */
  readonly className: string;
  readonly config: Config;
  /** Makes a fresh layer from a config. */
  readonly create: (config: Config) => Layer;
  /** In the order of `layer.getWeights()`; borrowed. Null: as the layer's initialisers say. */
  weights: readonly Tensor[] | null;
  readonly calls: Call[];
}

/**
 * The topology of a LayersModel as data, so that layers can be replaced, added and left out by editing, and
 * the network built anew with {@link buildModel}. Names are kept.
 */
export class Graph {
  readonly layers = new Map<string, GraphLayer>();

  constructor(
    readonly name: string,
    /** Whether the network is a `Sequential`, and is built as one again. */
    readonly sequential: boolean,
    readonly inputs: OutputOf[],
    readonly outputs: OutputOf[],
  ) {}

  /** The layer of a name. */
  layer(name: string): GraphLayer {
    const layer = this.layers.get(name);
    if (!layer)
      throw new OverparamError('unknown-layer', `The network "${this.name}" has no layer "${name}".`);
    return layer;
  }

  /** All calls that take `output`, with the place of it among their inputs. */
  consumers(output: OutputOf): { layer: GraphLayer; call: number; input: number }[] {
    const found: { layer: GraphLayer; call: number; input: number }[] = [];
    for (const layer of this.layers.values()) {
      for (const [call, { inputs }] of layer.calls.entries()) {
        for (const [input, from] of inputs.entries())
          if (sameOutput(from, output)) found.push({ layer, call, input });
      }
    }
    return found;
  }

  /** Whether `output` is one of the network's own outputs. */
  isOutput(output: OutputOf): boolean {
    return this.outputs.some((other) => sameOutput(other, output));
  }

  /** Puts another layer of the same name in the place of one. */
  replace(layer: GraphLayer): void {
    this.layers.set(layer.name, layer);
  }

  /** Leaves a layer of one input out: who took its output takes its input. */
  bypass(name: string): void {
    const { calls } = this.layer(name);
    for (const [call, { inputs }] of calls.entries())
      this.redirect({ layer: name, call, output: 0 }, inputs[0]!);
    this.layers.delete(name);
  }

  /** Keeps one of the network's outputs and what it needs. */
  keepOutput(index: number): void {
    const kept = this.outputs[index]!;
    this.outputs.splice(0, this.outputs.length, kept);
    const needed = new Set<string>(this.inputs.map((input) => input.layer));
    const open = [kept.layer];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (needed.has(name)) continue;
      needed.add(name);
      for (const { layer } of this.layer(name).calls.flatMap((call) => call.inputs)) open.push(layer);
    }
    for (const name of [...this.layers.keys()]) if (!needed.has(name)) this.layers.delete(name);
  }

  /** Puts a new layer behind all uses of another. */
  insertAfter(name: string, added: Omit<GraphLayer, 'calls'>): void {
    const calls: Call[] = [];
    for (const call of this.layer(name).calls.keys()) {
      const from = { layer: name, call, output: 0 };
      this.redirect(from, { layer: added.name, call, output: 0 });
      calls.push({ inputs: [from], kwargs: {}, inputShape: null });
    }
    this.add({ ...added, calls }, name, 1);
  }

  /** Puts a new layer before all uses of another. */
  insertBefore(name: string, added: Omit<GraphLayer, 'calls'>): void {
    const calls: Call[] = [];
    for (const [index, call] of this.layer(name).calls.entries()) {
      calls.push({ inputs: call.inputs, kwargs: {}, inputShape: call.inputShape });
      call.inputs = [{ layer: added.name, call: index, output: 0 }];
    }
    this.add({ ...added, calls }, name, 0);
  }

  private add(layer: GraphLayer, beside: string, offset: 0 | 1): void {
    if (this.layers.has(layer.name)) {
      const message = `The network "${this.name}" already has a layer "${layer.name}". Rename that layer.`;
      throw new OverparamError('duplicate-layer', message);
    }
    const entries = [...this.layers];
    const at = entries.findIndex(([name]) => name === beside) + offset;
    entries.splice(at, 0, [layer.name, layer]);
    this.layers.clear();
    for (const [name, entry] of entries) this.layers.set(name, entry);
  }

  private redirect(from: OutputOf, to: OutputOf): void {
    for (const { layer, call, input } of this.consumers(from)) layer.calls[call]!.inputs[input] = to;
    for (const [index, output] of this.outputs.entries())
      if (sameOutput(output, from)) this.outputs[index] = to;
  }
}

function sameOutput(a: OutputOf, b: OutputOf): boolean {
  return a.layer === b.layer && a.call === b.call && a.output === b.output;
}

/** A layer as data, without its uses. */
export function describeLayer(layer: Layer): Omit<GraphLayer, 'calls'> {
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
  return {
    name: layer.name,
    className: layer.getClassName(),
    config: { ...layer.getConfig(), name: layer.name },
    create,
    weights: layer.getWeights(),
  };
}

/** Reads the topology of a network. Weights are borrowed from it. */
export function readGraph(model: LayersModel): Graph {
  return model.getClassName() === 'Sequential' ? readSequential(model) : readFunctional(model);
}

function readSequential(model: LayersModel): Graph {
  const input = model.inputs[0]!;
  const name = `${model.name}_input`;
  const chain = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  const graph = new Graph(model.name, true, [{ layer: name, call: 0, output: 0 }], []);
  graph.layers.set(name, inputLayer(name, input.shape, input.dtype));
  let from: OutputOf = { layer: name, call: 0, output: 0 };
  for (const layer of chain) {
    const inputShape = layer.inboundNodes[0]?.inputShapes[0] ?? null;
    graph.layers.set(layer.name, {
      ...describeLayer(layer),
      calls: [{ inputs: [from], kwargs: {}, inputShape: inputShape as tf.Shape | null }],
    });
    from = { layer: layer.name, call: 0, output: 0 };
  }
  graph.outputs.push(from);
  return graph;
}

interface InputConfig {
  readonly batchInputShape: tf.Shape;
  readonly dtype: tf.DataType;
  readonly name: string;
}

function inputLayer(name: string, shape: tf.Shape, dtype: tf.DataType): GraphLayer {
  const config = { batchInputShape: shape, dtype, name } as unknown as Config;
  const create = (given: Config) => tf.layers.inputLayer(given as never);
  return { name, className: 'InputLayer', config, create, weights: null, calls: [] };
}

function readFunctional(model: LayersModel): Graph {
  // Which uses of a layer belong to this model: a layer may be used in others as well.
  const owned = (model as unknown as { containerNodes: Set<string> }).containerNodes;
  const callIndex = new Map<string, number>();
  for (const layer of model.layers) {
    let index = 0;
    for (const node of layer.inboundNodes.keys()) {
      if (owned.has(`${layer.name}_ib-${node}`)) callIndex.set(`${layer.name}:${node}`, index++);
    }
  }
  const output = (layer: Layer, node: number, tensor: number): OutputOf => ({
    layer: layer.name,
    call: callIndex.get(`${layer.name}:${node}`) ?? 0,
    output: tensor,
  });
  const ends = (tensors: tf.SymbolicTensor[]) =>
    tensors.map((tensor) => output(tensor.sourceLayer, tensor.nodeIndex, tensor.tensorIndex));
  const graph = new Graph(model.name, false, ends(model.inputs), ends(model.outputs));
  for (const layer of model.layers) {
    if (layer.getClassName() === 'InputLayer') {
      const tensor = layer.output as tf.SymbolicTensor;
      graph.layers.set(layer.name, inputLayer(layer.name, tensor.shape, tensor.dtype));
      continue;
    }
    const calls: Call[] = [];
    for (const [index, node] of layer.inboundNodes.entries()) {
      if (!callIndex.has(`${layer.name}:${index}`)) continue;
      calls.push({
        inputs: node.inboundLayers.map((from, i) =>
          output(from, node.nodeIndices[i]!, node.tensorIndices[i]!),
        ),
        kwargs: (node.callArgs ?? {}) as Config,
        inputShape: (node.inputShapes[0] ?? null) as tf.Shape | null,
      });
    }
    graph.layers.set(layer.name, { ...describeLayer(layer), calls });
  }
  return graph;
}

/** Builds a network from a topology, with copies of the weights; the caller disposes it. */
export function buildModel(graph: Graph): LayersModel {
  const model = graph.sequential ? buildSequential(graph) : buildFunctional(graph);
  for (const { name, weights } of graph.layers.values()) {
    if (weights && weights.length > 0) model.getLayer(name).setWeights([...weights]);
  }
  return model;
}

function buildSequential(graph: Graph): LayersModel {
  const model = tf.sequential({ name: graph.name });
  const input = graph.layer(graph.inputs[0]!.layer);
  let from = graph.inputs[0]!;
  for (;;) {
    const next = graph.consumers(from)[0];
    if (!next) return model;
    const first = model.layers.length === 0;
    const shape = first ? { batchInputShape: input.config.batchInputShape, dtype: input.config.dtype } : {};
    model.add(next.layer.create({ ...withoutShape(next.layer.config), ...shape } as Config));
    from = { layer: next.layer.name, call: 0, output: 0 };
  }
}

/** A layer's own idea of its input is that of the network it came from, where another layer may stand before it. */
function withoutShape({ batchInputShape, ...config }: Config): Config {
  return config;
}

/**
 * Makes a layer of several uses go with its network: tfjs counts every use, but takes off one only when the network
 * is disposed, so that the layer's weights would stay.
 */
function countOnce(layer: Layer): void {
  (layer as unknown as { _refCount: number })._refCount = 1;
}

function buildFunctional(graph: Graph): LayersModel {
  const made = new Map<string, Layer>();
  const outputs = new Map<string, tf.SymbolicTensor[]>();
  const find = ({ layer, call, output }: OutputOf) => outputs.get(`${layer}:${call}`)?.[output];
  for (const input of graph.inputs) {
    const { batchInputShape, dtype, name } = graph.layer(input.layer).config as unknown as InputConfig;
    const tensor = tf.input({ batchShape: batchInputShape, dtype, name });
    outputs.set(`${input.layer}:0`, [tensor]);
  }
  let pending = [...graph.layers.values()].flatMap((layer) =>
    layer.calls.map((call, index) => ({ layer, call, index })),
  );
  while (pending.length > 0) {
    const waiting = pending.filter(({ layer, call, index }) => {
      const inputs = call.inputs.map(find);
      // A later use of a layer waits for the earlier ones, so that uses keep their order.
      const early = index > 0 && !outputs.has(`${layer.name}:${index - 1}`);
      if (early || inputs.some((input) => !input)) return true;
      const instance = made.get(layer.name) ?? layer.create(withoutShape(layer.config));
      made.set(layer.name, instance);
      const tensors = inputs as tf.SymbolicTensor[];
      const result = instance.apply(tensors.length === 1 ? tensors[0]! : tensors, call.kwargs);
      outputs.set(
        `${layer.name}:${index}`,
        (Array.isArray(result) ? result : [result]) as tf.SymbolicTensor[],
      );
      return false;
    });
    if (waiting.length === pending.length) {
      const names = waiting.map(({ layer }) => layer.name).join(', ');
      throw new OverparamError(
        'broken-topology',
        `These layers wait for inputs that nothing makes: ${names}.`,
      );
    }
    pending = waiting;
  }
  for (const layer of made.values()) countOnce(layer);
  return tf.model({
    name: graph.name,
    inputs: graph.inputs.map((input) => find(input)!),
    outputs: graph.outputs.map((output) => find(output)!),
  });
}
