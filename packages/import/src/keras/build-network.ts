import { isOverparamError, nearest, OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { LayerConfig } from './layer-config';
import { layerMakers } from './layer-makers';
import type { MadeLayer } from './made-layer';
import type { Reference, StoredGraph, StoredLayer, StoredNetwork } from './stored-network';

/** Layers of several inputs. */
const merging: ReadonlySet<string> = new Set([
  'Add',
  'Multiply',
  'Average',
  'Maximum',
  'Minimum',
  'Concatenate',
  'OverparamMaxUnpool',
  'OverparamWeightedSum',
  'OverparamGatedSum',
  'OverparamExpertSelection',
]);

/** The most numbers that one side of an input may have. */
const widestInput = 2 ** 16;

/**
 * Builds a network of TensorFlow.js that computes what Keras's does. Networks in networks are laid out flat; a layer that is
 * called several times stays one layer. Nothing but the kinds of layers that are known is built.
 *
 * @throws OverparamError `layer-unsupported`, `config-invalid`, `weights-missing`, `shapes-mismatch`
 */
export function buildNetwork(stored: StoredNetwork, source: string): tf.LayersModel {
  const builder = new NetworkBuilder(stored, source);
  try {
    return builder.build();
  } catch (error) {
    builder.dispose();
    if (isOverparamError(error)) throw error;
    throw new OverparamError(
      'config-invalid',
      `${source}: TensorFlow.js cannot build the network: ${(error as Error).message.split('\n')[0]!.slice(0, 300)}. Its config does not fit together; save it again.`,
      { cause: error },
    );
  }
}

/** Layers that were added to an image. */
export interface LaidLayers {
  /** In the order of the stored network's. */
  readonly outputs: readonly tf.SymbolicTensor[];
  /** Sets the weights to the stored ones. */
  load(): void;
}

/**
 * Adds the layers of a stored network to an image, as part of another network.
 *
 * @throws OverparamError as {@link buildNetwork}
 */
export function layOnImage(stored: StoredNetwork, image: tf.SymbolicTensor, source: string): LaidLayers {
  return new NetworkBuilder(stored, source).layOn(image);
}

class NetworkBuilder {
  private readonly loads: (() => void)[] = [];
  /** Layers by their path, made at their first call. */
  private readonly made = new Map<string, MadeLayer>();
  private readonly names = new Set<string>();
  private readonly inputs: tf.SymbolicTensor[] = [];

  constructor(
    private readonly stored: StoredNetwork,
    private readonly source: string,
  ) {}

  build(): tf.LayersModel {
    const { graph, name } = this.stored;
    const given = graph.ends
      ? graph.ends.inputs.map(({ layer }) => this.inputFor(this.find(graph, layer)))
      : [];
    const outputs = this.lay(graph, given, [], []);
    if (outputs.some((output) => this.inputs.includes(output))) {
      throw this.invalid('an output of it is an input, untouched');
    }
    const model = tf.model({ name: name.replace(/\W/g, '_'), inputs: this.inputs, outputs });
    // tfjs counts every use of a layer, but takes off one only when the network is disposed: weights would stay.
    for (const layer of model.layers) (layer as unknown as { _refCount: number })._refCount = 1;
    return model;
  }

  layOn(image: tf.SymbolicTensor): LaidLayers {
    return {
      outputs: this.lay(this.stored.graph, [image], [], []),
      load: () => {
        for (const load of this.loads) load();
      },
    };
  }

  dispose(): void {
    for (const { layers } of this.made.values()) {
      for (const layer of layers) for (const weight of layer.weights) weight.dispose();
    }
  }

  /** Lays out a graph on inputs. @returns its outputs */
  private lay(
    graph: StoredGraph,
    given: readonly tf.SymbolicTensor[],
    path: readonly string[],
    place: readonly number[],
  ): tf.SymbolicTensor[] {
    if (graph.ends === null) return [this.laySequence(graph, given, path, place)];
    const { inputs, outputs } = graph.ends;
    const done = new Map<string, tf.SymbolicTensor[]>();
    inputs.forEach(({ layer }, index) => {
      if (!given[index])
        throw this.invalid(`network "${path.join('/')}" is called with ${given.length} inputs`);
      done.set(keyOf(layer, 0), [given[index]!]);
    });
    const position = new Map(graph.layers.map((layer, index) => [layer.name, index]));
    const waiting = new Set<string>();
    const outputOf = ({ layer: name, call, output }: Reference): tf.SymbolicTensor => {
      const layer = this.find(graph, name);
      const index = this.callIndex(layer, call);
      const key = keyOf(name, index);
      let values = done.get(key);
      if (!values) {
        const taken = layer.calls[index];
        if (!taken) throw this.invalid(`call ${call} of layer "${name}" is not there`);
        if (waiting.has(key)) throw this.invalid(`layer "${name}" waits for its own output`);
        if (waiting.size > 5000) throw this.invalid('its layers stand in a row of more than 5000');
        waiting.add(key);
        const values_ = taken.map(outputOf);
        waiting.delete(key);
        values = this.call(layer, values_, [...path, name], [...place, position.get(name)!]);
        done.set(key, values);
      }
      const found = values[output];
      if (!found) throw this.invalid(`output ${output} of layer "${name}" is not there`);
      return found;
    };
    return outputs.map(outputOf);
  }

  private laySequence(
    { layers }: StoredGraph,
    given: readonly tf.SymbolicTensor[],
    path: readonly string[],
    place: readonly number[],
  ): tf.SymbolicTensor {
    const [first] = layers;
    if (!first) throw this.invalid('a sequence has no layers');
    let x = given[0] ?? this.inputFor(first);
    layers.forEach((layer, index) => {
      if (layer.kind === 'InputLayer') return;
      const [y, ...more] = this.call(layer, [x], [...path, layer.name], [...place, index]);
      if (!y || more.length > 0)
        throw this.invalid(`layer "${layer.name}" of a sequence has ${more.length + 1} outputs`);
      x = y;
    });
    return x;
  }

  /** TensorFlow.js counts a network's own making as its first call, which it does not write. */
  private callIndex({ inner, calls }: StoredLayer, call: number): number {
    const shifted = inner !== null && (this.stored.dialect === 'tfjs' || call >= calls.length);
    return shifted ? Math.max(0, call - 1) : call;
  }

  private call(
    layer: StoredLayer,
    inputs: readonly tf.SymbolicTensor[],
    path: readonly string[],
    place: readonly number[],
  ): tf.SymbolicTensor[] {
    if (layer.inner) return this.lay(layer.inner, inputs, path, place);
    const key = path.join('/');
    const known = this.made.get(key);
    const made = known ?? this.make(layer, inputs, path);
    const tensors = known ? null : this.tensorsFor(made, path, place);
    this.made.set(key, made);
    let x: tf.SymbolicTensor | tf.SymbolicTensor[] = inputs.length === 1 ? inputs[0]! : [...inputs];
    for (const part of made.layers) x = part.apply(x) as tf.SymbolicTensor | tf.SymbolicTensor[];
    if (tensors) {
      made.load(tensors);
      this.loads.push(() => made.load(tensors));
    }
    return Array.isArray(x) ? x : [x];
  }

  private make(layer: StoredLayer, inputs: readonly tf.SymbolicTensor[], path: readonly string[]): MadeLayer {
    const maker = Object.hasOwn(layerMakers, layer.kind) ? layerMakers[layer.kind] : undefined;
    if (!maker) throw this.unknown(layer);
    const config = new LayerConfig(
      layer.kind,
      path.join('/'),
      layer.config,
      this.stored.dialect,
      this.source,
    );
    const merges = merging.has(layer.kind);
    if (!merges && inputs.length !== 1) throw config.refuse(`it takes one input, and ${inputs.length} come.`);
    const made = maker(
      config,
      this.nameFor(path),
      inputs.map(({ shape }) => shape),
    );
    config.finish();
    return made;
  }

  /** The weights of a layer, of the shapes that its config says: checked before there is memory for them. */
  private tensorsFor({ weights }: MadeLayer, path: readonly string[], place: readonly number[]) {
    const found = this.stored.weights(
      path,
      place,
      weights.map(([name]) => name),
    );
    return weights.map(([name, shape], index) => {
      const tensor = found[index];
      const full = `${path.join('/')}/${name}`;
      if (!tensor) {
        throw new OverparamError(
          'weights-missing',
          `${this.source}: there is no weight "${full}" of shape [${shape}]. The file holds the network without all of its weights; save it again.`,
        );
      }
      if (tensor.shape.join() !== shape.join()) {
        throw new OverparamError(
          'shapes-mismatch',
          `${this.source}: weight "${full}" is of shape [${tensor.shape}], and its layer takes [${shape}]. Config and weights do not belong together; take both from one network.`,
        );
      }
      return tensor;
    });
  }

  /** The network's own input for an input layer, or for the first layer of a sequence. */
  private inputFor(layer: StoredLayer): tf.SymbolicTensor {
    if (layer.inner && layer.inner.ends === null && layer.inner.layers[0])
      return this.inputFor(layer.inner.layers[0]);
    const shape = (layer.config.batch_shape ??
      layer.config.batch_input_shape ??
      layer.config.batchInputShape) as unknown;
    const sound =
      Array.isArray(shape) &&
      shape.length > 1 &&
      shape
        .slice(1)
        .every((side) => side === null || (Number.isSafeInteger(side) && side > 0 && side <= widestInput));
    if (!sound)
      throw this.invalid(
        `the shape of its input "${layer.name}" is not known. Build the network before it is saved`,
      );
    // Checks the type of its numbers.
    new LayerConfig(layer.kind, layer.name, layer.config, this.stored.dialect, this.source);
    const input = tf.input({
      name: this.nameFor([layer.name]),
      shape: (shape as (number | null)[]).slice(1),
    });
    this.inputs.push(input);
    return input;
  }

  private find({ layers }: StoredGraph, name: string): StoredLayer {
    const found = layers.find((layer) => layer.name === name);
    if (found) return found;
    throw this.invalid(`a call takes layer "${name}", which is not there`);
  }

  /** A name of its own for a layer, without what separates names. */
  private nameFor(path: readonly string[]): string {
    const wanted = path.join('_').replace(/[^\w.-]/g, '_');
    let name = wanted;
    for (let index = 1; this.names.has(name); index++) name = `${wanted}_${index}`;
    this.names.add(name);
    return name;
  }

  private unknown({ kind, name }: StoredLayer): OverparamError {
    const known = Object.keys(layerMakers);
    const near = nearest(kind, known);
    return new OverparamError(
      'layer-unsupported',
      `${this.source}: layer "${name}" is of kind ${JSON.stringify(kind.slice(0, 80))}, which is not read${near ? `; "${near}" is near to it` : ''}. Can be read: ${known.join(', ')}.`,
    );
  }

  private invalid(problem: string): OverparamError {
    return new OverparamError('config-invalid', `${this.source}: ${problem}.`);
  }
}

const keyOf = (layer: string, call: number) => `${call} ${layer}`;
