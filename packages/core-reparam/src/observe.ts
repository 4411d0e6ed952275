import { OverparamError } from '@overparam/errors';
import type { Observation, Tensors } from '@overparam/plugin';
import type { LayersModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { brokenMethod } from './check-expansion';
import { forward } from './forward';
import type { ExpandedLayer } from './network/expanded-layer';
import { placedExpansions } from './network/parameters';

/** Where a run is when expansions may look at what comes into their layers. */
export interface ObservationMoment {
  /** Epochs before this one. */
  readonly epoch: number;
  /** Whether the network has just been expanded in the middle of a run, so that whoever looks at all does so now. */
  readonly begins?: boolean;
}

function isDue({ every, after }: Observation, { epoch, begins = false }: ObservationMoment): boolean {
  return epoch === after || (epoch > after && (begins || epoch % every === 0));
}

function dueLayers(model: LayersModel, moment: ObservationMoment) {
  return placedExpansions(model).flatMap(({ layer, path }) => {
    const { observation } = layer.expansion;
    return observation && isDue(observation, moment) ? [{ layer, path, observation }] : [];
  });
}

/** How many training batches the expansions want to see before the first update of an epoch; 0 where none is due. */
export function batchesToObserve(model: LayersModel, moment: ObservationMoment): number {
  return Math.max(0, ...dueLayers(model, moment).map(({ observation }) => observation.batches));
}

/**
 * Lets the expansions that are due look at what comes into their layers, and takes the states that follow over. A
 * training loop calls it before the first update of an epoch; `TrainingLoop` and `trainingStep` of `@overparam/training` do.
 *
 * @param batches  inputs of the network, as they are trained on; borrowed. Each expansion sees as many as it asks for, or
 *                 all where there are fewer
 * @throws OverparamError `method-broken` for states that were not declared; `gradient-map` for a map that is all zero or
 *   not finite
 */
export async function observe(
  model: LayersModel,
  batches: readonly (Tensor | Tensor[])[],
  moment: ObservationMoment,
): Promise<void> {
  const due = dueLayers(model, moment);
  const wanted = batchesToObserve(model, moment);
  if (due.length === 0) return;
  const seen = new Map<string, Tensor4D[][]>();
  try {
    for (const batch of batches.slice(0, wanted)) {
      const observed = new Map<string, Tensor4D[]>();
      tf.tidy(() => {
        forward(model, batch, { mode: 'infer', observed });
      });
      for (const [path, inputs] of observed) seen.set(path, [...(seen.get(path) ?? []), inputs]);
    }
    for (const { layer, path, observation } of due) {
      const inputs = (seen.get(path) ?? []).slice(0, observation.batches).flat();
      const found = await observation.observe(inputs, layer.parameterValues(), layer.stateValues());
      try {
        takeOver(layer, path, found);
      } finally {
        tf.dispose(Object.values(found));
      }
    }
  } finally {
    tf.dispose([...seen.values()].flat(2));
  }
}

function takeOver(layer: ExpandedLayer, path: string, found: Tensors): void {
  const { expansion, settings } = layer;
  for (const [name, value] of Object.entries(found)) {
    const spec = expansion.state.find((state) => state.name === name);
    if (spec && spec.shape.join() === value.shape.join()) continue;
    throw brokenMethod(
      { name: settings.method },
      { ...settings.site, name: path },
      `observe gave [${value.shape}] for "${name}" (expected ${spec ? `[${spec.shape}]` : 'declared states only'})`,
    );
  }
  checkMaps(layer, path, { ...layer.stateValues(), ...found });
  layer.assign(found);
}

/** Refuses maps under which a parameter would never move, or go astray. */
function checkMaps({ expansion, settings }: ExpandedLayer, path: string, state: Tensors): void {
  tf.tidy(() => {
    for (const [name, map] of Object.entries(expansion.gradientMaps?.(state) ?? {})) {
      const largest = map.abs().max().dataSync()[0]!;
      if (Number.isFinite(largest) && largest > 0) continue;
      const what = largest === 0 ? 'all zero, so that it would never train' : 'not finite';
      throw new OverparamError(
        'gradient-map',
        `[${settings.method}] layer "${path}": the map on the gradient of "${name}" is ${what}. Look at what comes into the layer: a dead layer before it, or inputs that are all the same. Leave the layer out with select: { not: '${path}' } if it is to stay so.`,
      );
    }
  });
}

/**
 * Factors on the gradients of a network's parameters, by parameter name, for the step to multiply in before the
 * optimiser; empty for most methods. Called inside a tidy, in a compiled step too: it reads variables and no values.
 */
export function gradientMaps(model: LayersModel): Map<string, Tensor> {
  return new Map(
    placedExpansions(model).flatMap(({ layer, path }) =>
      layer.expansion.gradientMaps
        ? Object.entries(layer.expansion.gradientMaps(layer.stateValues())).map(
            ([name, map]) => [`${path}/${name}`, map] as const,
          )
        : [],
    ),
  );
}
