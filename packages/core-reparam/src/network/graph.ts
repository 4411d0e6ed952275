import { OverparamError } from '@overparam/errors';
import type * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { LayerState } from './layer-state';

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
  /**
   * Shapes of the first input, `[null, …]`, one for each way in which the network comes to this use: several where it
   * is inside a model that is used several times. Empty for inserted layers.
   */
  inputShapes: readonly tf.Shape[];
  /** Shapes of the first output, in the same ways. */
  outputShapes: readonly tf.Shape[];
}

/** What stands at a place of a network: a layer as data, without its place. */
export interface LayerForm {
  /** tfjs's class name, such as `Conv2D`. */
  readonly className: string;
  readonly config: Config;
  /** Makes a fresh layer from a config. */
  readonly create: (config: Config) => Layer;
  /** In the order of `variablesOf`; borrowed. Null: as the layer's initialisers say. */
  readonly weights: readonly Tensor[] | null;
  /** What is frozen, which a config does not hold; null: as the config says. */
  readonly state: LayerState | null;
}

/** A layer at its place in a network. */
export interface GraphLayer extends LayerForm {
  /** Tells the layers of a network apart; one number wherever the same layer is used. */
  readonly id: number;
  readonly name: string;
  /** The name, behind those of the models that the layer is in: `base/conv`. */
  readonly path: string;
  /** The layer that was read; null for what was put in its place. */
  readonly source: Layer | null;
  /** Whether all of it, or some of it, does not train, by itself or because of a model that it is in. */
  readonly frozen: 'no' | 'partly' | 'all';
  /** Whether it is used in several models of the network. */
  readonly shared: boolean;
  /** The topology of a model that is used as a layer. */
  readonly inner: Graph | null;
  readonly calls: Call[];
}

/** Numbers of layers that no network had. */
let added = 0;

/**
 * The topology of a LayersModel as data, so that layers can be replaced, added and left out by editing, and
 * the network built anew with `buildModel`. Names are kept.
 */
export class Graph {
  readonly layers = new Map<string, GraphLayer>();
  /** Where it is used as a layer, if it is. */
  readonly parents: { readonly graph: Graph; readonly layer: string }[] = [];

  constructor(
    readonly name: string,
    /** The path of its layers: empty for a whole network, else ending in `/`. */
    readonly prefix: string,
    /** Whether the network is a `Sequential`, and is built as one again. */
    readonly sequential: boolean,
    /** What `model.trainable` says. */
    readonly trainable: boolean,
    readonly inputs: OutputOf[],
    readonly outputs: OutputOf[],
  ) {}

  /** This and all models inside of it, each once, from the outside in. */
  withInner(): Graph[] {
    const all = new Set<Graph>([this]);
    for (const graph of all) for (const { inner } of graph.layers.values()) if (inner) all.add(inner);
    return [...all];
  }

  /** Whether this or a model that it is in is frozen. */
  get frozen(): boolean {
    return !this.trainable || this.parents.some(({ graph }) => graph.frozen);
  }

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

  /** Puts another form of a layer at its place. */
  replace(name: string, form: LayerForm): void {
    this.layers.set(name, { ...this.layer(name), ...form, source: null });
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
  insertAfter(name: string, given: string, form: LayerForm): void {
    const added = this.freeName(given);
    const calls: Call[] = [];
    for (const call of this.layer(name).calls.keys()) {
      const from = { layer: name, call, output: 0 };
      this.redirect(from, { layer: added, call, output: 0 });
      calls.push({ inputs: [from], kwargs: {}, inputShapes: [], outputShapes: [] });
    }
    this.add(added, form, calls, name, 1);
  }

  /** Puts a new layer before all uses of another; returns its name, which is another one where that was taken. */
  insertBefore(name: string, given: string, form: LayerForm): string {
    const added = this.freeName(given);
    const calls: Call[] = [];
    for (const [index, call] of this.layer(name).calls.entries()) {
      calls.push({ inputs: call.inputs, kwargs: {}, inputShapes: call.inputShapes, outputShapes: [] });
      call.inputs = [{ layer: added, call: index, output: 0 }];
    }
    this.add(added, form, calls, name, 0);
    return added;
  }

  private add(name: string, form: LayerForm, calls: Call[], beside: string, offset: 0 | 1): void {
    const layer: GraphLayer = {
      ...form,
      config: { ...form.config, name },
      id: --added,
      name,
      path: this.prefix + name,
      source: null,
      frozen: 'no',
      shared: false,
      inner: null,
      calls,
    };
    const entries = [...this.layers];
    const at = entries.findIndex(([other]) => other === beside) + offset;
    entries.splice(at, 0, [name, layer]);
    this.layers.clear();
    for (const [other, entry] of entries) this.layers.set(other, entry);
  }

  private freeName(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.layers.has(name); count++) name = `${wanted}_${count}`;
    return name;
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
