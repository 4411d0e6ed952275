import { OverparamError } from '@overparam/errors';
import type { LayersModel } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Graph, GraphLayer, OutputOf } from './graph';
import { restore } from './layer-state';

type Layer = tf.layers.Layer;
type Config = tf.serialization.ConfigDict;

/** A network that was built from a topology. */
export interface Built {
  /** The caller disposes it. */
  readonly model: LayersModel;
  /** Its layers, by the numbers that they have in the topology. */
  readonly layers: ReadonlyMap<number, Layer>;
}

/**
 * Builds a network from a topology, with copies of the weights; a layer that is used in several places, or in several
 * models, is made once.
 *
 * @throws OverparamError `layer-not-copied` where a layer cannot be made again from its config
 */
export function buildModel(graph: Graph): Built {
  const builder = new Builder();
  const model = builder.build(graph);
  const graphs = graph.withInner();
  for (const { layers } of graphs)
    for (const { id, weights, state } of layers.values()) {
      const layer = builder.layers.get(id);
      if (layer && weights && !(layer instanceof tf.LayersModel)) restore(layer, weights, state);
    }
  for (const each of graphs) builder.freeze(each);
  countUses(graphs, builder.layers);
  return { model, layers: builder.layers };
}

class Builder {
  readonly layers = new Map<number, Layer>();
  private readonly models = new Map<Graph, LayersModel>();

  build(graph: Graph): LayersModel {
    const known = this.models.get(graph);
    if (known) return known;
    const model = graph.sequential ? this.buildSequential(graph) : this.buildFunctional(graph);
    this.models.set(graph, model);
    return model;
  }

  private layer({ id, inner, create, config, path, className }: GraphLayer, shape: Config = {}): Layer {
    const known = this.layers.get(id);
    if (known) return known;
    let layer: Layer;
    try {
      layer = inner ? this.build(inner) : create(copied({ ...withoutShape(config), ...shape }) as Config);
    } catch (error) {
      if (inner) throw error;
      throw new OverparamError(
        'layer-not-copied',
        `The layer "${path}" (${className}) cannot be made again from its config: ${(error as Error).message.replace(/\.?$/, '.')} ` +
          'Its getConfig() must say all that its constructor needs.',
        { cause: error },
      );
    }
    this.layers.set(id, layer);
    return layer;
  }

  private buildSequential(graph: Graph): LayersModel {
    const model = tf.sequential({ name: graph.name });
    const { batchInputShape, dtype } = graph.layer(graph.inputs[0]!.layer).config;
    const shape = { batchInputShape, dtype } as Config;
    let from = graph.inputs[0]!;
    for (let use = graph.consumers(from)[0]; use; use = graph.consumers(from)[0]) {
      const first = model.layers.length === 0;
      const layer = this.layer(use.layer, first ? shape : {});
      // A layer that is in use already would bring along what is before it there.
      if (first && !use.layer.inner && layer.inboundNodes.length > 0) model.add(inputOf(shape));
      model.add(layer);
      from = { layer: use.layer.name, call: use.call, output: 0 };
    }
    return model;
  }

  private buildFunctional(graph: Graph): LayersModel {
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
        const tensors = inputs as tf.SymbolicTensor[];
        const result = this.layer(layer).apply(tensors.length === 1 ? tensors[0]! : tensors, {
          ...call.kwargs,
        });
        outputs.set(
          `${layer.name}:${index}`,
          (Array.isArray(result) ? result : [result]) as tf.SymbolicTensor[],
        );
        return false;
      });
      if (waiting.length === pending.length) {
        const names = waiting.map(({ layer }) => layer.path).join(', ');
        throw new OverparamError(
          'broken-topology',
          `These layers wait for inputs that nothing makes: ${names}.`,
        );
      }
      pending = waiting;
    }
    return tf.model({
      name: graph.name,
      inputs: graph.inputs.map((input) => find(input)!),
      outputs: graph.outputs.map((output) => find(output)!),
    });
  }

  /** Freezes a model that was frozen, once its layers are as they were. */
  freeze(graph: Graph): void {
    const model = this.models.get(graph)!;
    if (graph.trainable) return;
    const flags = model.layers.flatMap((layer) =>
      layer.weights.map((weight) => [weight, weight.trainable] as const),
    );
    model.trainable = false;
    for (const [weight, trainable] of flags) weight.trainable = trainable;
    // A Sequential trains the layers of the model that it begins with whatever that model says.
    const front = graph.parents.some(
      (parent) => parent.graph.sequential && isFirst(parent.graph, parent.layer),
    );
    if (front) for (const layer of model.layers) if (!isInput(layer)) layer.trainable = false;
  }
}

interface InputConfig {
  readonly batchInputShape: tf.Shape;
  readonly dtype: tf.DataType;
  readonly name: string;
}

const isInput = (layer: Layer) => layer.getClassName() === 'InputLayer';

function inputOf(shape: Config): Layer {
  return tf.layers.inputLayer(shape as never);
}

function isFirst(graph: Graph, name: string): boolean {
  return graph.consumers(graph.inputs[0]!).some(({ layer }) => layer.name === name);
}

/** A layer's own idea of its input is that of the network it came from, where another layer may stand before it. */
function withoutShape({ batchInputShape, ...config }: Config): Config {
  return config;
}

/** Plain data once more: making a layer takes its config apart. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry)]));
}

/**
 * Makes every layer go with its network. tfjs counts the uses of a layer, but takes off one for each model that holds
 * it, and two for a model in a functional one; a layer of several uses would stay, one of too few be missed.
 */
function countUses(graphs: readonly Graph[], layers: ReadonlyMap<number, Layer>): void {
  const counts = new Map<Layer, number>();
  for (const graph of graphs) {
    for (const { id, inner, calls } of graph.layers.values()) {
      const layer = layers.get(id);
      if (!layer) continue;
      // A Sequential lists a layer for each of its uses.
      const taken = graph.sequential ? calls.length : inner ? 2 : 1;
      counts.set(layer, (counts.get(layer) ?? 0) + taken);
    }
  }
  for (const [layer, count] of counts) (layer as unknown as { _refCount: number })._refCount = count;
}
