import * as tf from '@tensorflow/tfjs';
import type { QuantiserMode } from './fake-quantise';
import { biasOnGrid, weightOnGrid, weightScales } from './grid';
import { channelsOf, kernelsOf } from './kinds';
import { type Grids, type PlaceOptions, withPlaces } from './place-layers';

type Layer = tf.layers.Layer;

/** Weights of a layer in float32 and on their grids. */
interface Weights {
  readonly plain: readonly tf.Tensor[];
  readonly onGrid: readonly tf.Tensor[];
  readonly scales: Readonly<Record<string, Float32Array>>;
}

/** A network of TensorFlow.js that computes what its int8 form will. */
export interface Simulation {
  /** With a {@link FakeQuantise} layer at each place, and weights on their grids. */
  readonly model: tf.LayersModel;
  /** Layers whose kernels are int8, each once, by their names in `model`. */
  readonly layers: readonly string[];
  /** Of a weight by output channel; null for what is float32. */
  scalesOf(layer: Layer, weight: string): Float32Array | null;
  /** Says what each place does, by its name. Steps that were compiled before keep what they have. */
  setPlaces(mode: (place: string) => QuantiserMode): void;
  /** Says which layers have their weights on the grid. */
  setWeights(onGrid: (layer: string) => boolean): void;
  /** Places in front of a layer, by name. */
  before(layer: string): readonly string[];
  /** Frees the model and its weights. */
  dispose(): void;
}

/**
 * Builds the simulation of a network.
 *
 * @param model  plain or collapsed; is left as it was
 * @param grids  for each place with a grid of its own; where left out, places have none yet, and weights are in float32
 * @throws OverparamError as `withPlaces`
 */
export function simulate(model: tf.LayersModel, grids: Grids | null, options: PlaceOptions = {}): Simulation {
  const { model: simulated, quantisers, weighted } = withPlaces(model, grids, options);
  const front = new Map<string, Set<string>>();
  const own = new Map<Layer, Weights>();
  for (const { layer, copy, before } of weighted) {
    front.set(copy.name, new Set(before.map(({ name }) => name)));
    if (grids !== null)
      own.set(
        copy,
        weightsOf(
          layer,
          before.map(({ grid }) => grid.scale),
        ),
      );
  }
  const state = new Map<Layer, boolean>();
  const setWeights = (onGrid: (layer: string) => boolean) => {
    for (const [layer, weights] of own) {
      const wanted = onGrid(layer.name);
      if (state.get(layer) === wanted) continue;
      layer.setWeights([...(wanted ? weights.onGrid : weights.plain)]);
      state.set(layer, wanted);
    }
  };
  setWeights(() => true);
  return {
    model: simulated,
    layers: [...front.keys()],
    scalesOf: (layer, weight) => own.get(layer)?.scales[weight] ?? null,
    setPlaces(mode) {
      for (const [name, layer] of quantisers) layer.mode = mode(name);
    },
    setWeights,
    before: (layer) => [...(front.get(layer) ?? [])],
    dispose() {
      simulated.dispose();
      for (const { plain, onGrid } of own.values()) tf.dispose([...plain, ...onGrid]);
    },
  };
}

/** @param inputs  scales of what comes in, one for each use of the layer */
function weightsOf(layer: Layer, inputs: readonly number[]): Weights {
  const scales: Record<string, Float32Array> = {};
  const read = new Map(
    layer.weights.map((weight) => {
      const value = weight.read();
      return [
        weight.originalName.split('/').at(-1)!,
        { shape: value.shape, data: Float32Array.from(value.dataSync()) },
      ] as const;
    }),
  );
  const changed = new Map<string, Float32Array>();
  const bias = read.get('bias')?.data ?? null;
  for (const { name, bias: takesBias } of kernelsOf(layer)) {
    const kernel = read.get(name)!;
    const channels = channelsOf(layer, name, kernel.shape);
    const input = takesBias && inputs.length > 0 ? Math.min(...inputs) : null;
    const own = weightScales(kernel, channels, bias, input);
    scales[name] = own;
    changed.set(name, weightOnGrid(kernel, channels, own));
    // Of several uses each has units of its own, and all far finer than anything else here.
    if (bias && takesBias && new Set(inputs).size === 1)
      changed.set('bias', biasOnGrid(bias, own, inputs[0]!));
  }
  return {
    scales,
    plain: layer.getWeights().map((weight) => tf.clone(weight)),
    onGrid: [...read].map(([name, { shape, data }]) => tf.tensor(changed.get(name) ?? data, shape)),
  };
}
