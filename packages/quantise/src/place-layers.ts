import { OverparamError } from '@overparam/errors';
import { type FlatCall, type FlatTensor, flattenNetwork, refuseExpanded } from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';
import { FakeQuantise } from './fake-quantise';
import type { Grid } from './grid';
import { partOf } from './kinds';
import { type Place, type Places, placesOf } from './places';
import { rebuild } from './rebuild';

type Layer = tf.layers.Layer;

/** Grids by the names of places. */
export type Grids = Readonly<Record<string, Grid>>;

/** Which layers are left in float32. */
export interface PlaceOptions {
  /** By path; none where left out. */
  readonly float?: readonly string[];
}

/**
 * The places of a network whose grids are to be found.
 *
 * @throws OverparamError `expanded-network`; `nothing-to-quantise`; `unknown-layer`
 */
export function planPlaces(model: tf.LayersModel, { float = [] }: PlaceOptions = {}): Places {
  refuseExpanded(model, 'int8');
  const network = flattenNetwork(model);
  const unknown = float.find((path) => !network.calls.some((call) => call.path === path));
  if (unknown !== undefined) {
    throw new OverparamError(
      'unknown-layer',
      `There is no layer "${unknown}" in "${model.name}" to be left in float32. "overparam inspect" lists its layers.`,
    );
  }
  const planned = placesOf(network, float);
  if (planned.weighted.length > 0) return planned;
  const kinds = [...new Set(network.calls.map(({ layer }) => layer.getClassName()))];
  throw new OverparamError(
    'nothing-to-quantise',
    `No layer of "${model.name}" can be int8: it has ${kinds.join(', ')}, and convolutions and dense layers can.`,
  );
}

/** A layer whose kernel becomes int8. */
export interface WeightedLayer {
  /** In the given network. */
  readonly layer: Layer;
  /** In the new one. */
  readonly copy: Layer;
  /** The places that its inputs come from, one for each of its uses that has one. */
  readonly before: readonly { readonly name: string; readonly grid: Grid }[];
}

/** A network with a {@link FakeQuantise} layer at each place. */
export interface PlacedNetwork {
  /** With weights in float32; the caller disposes it. */
  readonly model: tf.LayersModel;
  readonly quantisers: ReadonlyMap<string, FakeQuantise>;
  readonly weighted: readonly WeightedLayer[];
}

/**
 * Makes a network again with a layer at each place.
 *
 * @param model  plain or collapsed; is left as it was
 * @param grids  for each place with a grid of its own; where null, all are of scale 1
 * @throws OverparamError as {@link planPlaces}; `grid-missing`
 */
export function withPlaces(
  model: tf.LayersModel,
  grids: Grids | null,
  options: PlaceOptions = {},
): PlacedNetwork {
  planPlaces(model, options);
  // Places belong to the tensors of one reading of the network.
  const network = flattenNetwork(model);
  const { places, weighted } = placesOf(network, options.float);
  const gridOf = ({ name, sameAs }: Place): Grid => {
    if (grids === null) return { scale: 1, zeroPoint: 0 };
    const wanted = sameAs ?? name;
    const grid = Object.hasOwn(grids, wanted) ? grids[wanted] : undefined;
    if (grid) return grid;
    throw new OverparamError(
      'grid-missing',
      `There is no grid for the place "${wanted}" of "${model.name}". Calibrate this network; grids of another one do not fit.`,
    );
  };
  const byTensor = new Map(places.map((place) => [place.tensor, place]));
  const quantisers = new Map<string, FakeQuantise>();
  const { model: placed, layers } = rebuild(model.name, network, (tensor) => {
    const place = byTensor.get(tensor);
    if (!place) return null;
    const layer = new FakeQuantise({ name: place.name, ...gridOf(place) });
    quantisers.set(place.name, layer);
    return layer;
  });
  const origin = originsOf(network.calls, byTensor);
  return {
    model: placed,
    quantisers,
    weighted: [...byLayer(weighted)].map(([layer, calls]) => ({
      layer,
      copy: layers.get(layer)!,
      before: calls.flatMap(({ inputs }) => {
        const place = origin(inputs[0]!);
        return place ? [{ name: place.name, grid: gridOf(place) }] : [];
      }),
    })),
  };
}

/** Finds the place that a tensor's numbers come from, through layers that are left out. */
function originsOf(
  calls: readonly FlatCall[],
  places: ReadonlyMap<FlatTensor, Place>,
): (tensor: FlatTensor) => Place | null {
  const producers = new Map(calls.flatMap((call) => call.outputs.map((tensor) => [tensor, call] as const)));
  const origin = (tensor: FlatTensor): Place | null => {
    const place = places.get(tensor);
    if (place) return place;
    const call = producers.get(tensor);
    return call && partOf(call) === 'transparent' ? origin(call.inputs[0]!) : null;
  };
  return origin;
}

function byLayer(calls: readonly FlatCall[]): Map<Layer, FlatCall[]> {
  const grouped = new Map<Layer, FlatCall[]>();
  for (const call of calls) grouped.set(call.layer, [...(grouped.get(call.layer) ?? []), call]);
  return grouped;
}
