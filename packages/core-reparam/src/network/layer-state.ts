import { OverparamError } from '@overparam/errors';
import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

type Layer = tf.layers.Layer;
type LayerVariable = Layer['trainableWeights'][number];

/** What is frozen of a layer. A model that is frozen freezes the weights of its layers, and their configs do not say so. */
export interface LayerState {
  readonly trainable: boolean;
  /** Of each weight, in the order of {@link variablesOf}. */
  readonly weights: readonly boolean[];
}

/**
 * All weights of a layer, those of layers inside of it included, in an order that does not change.
 *
 * `layer.weights` has the frozen ones last, so that the third weight of a layer is another one once the first is frozen.
 */
export function variablesOf(layer: Layer): LayerVariable[] {
  return [...rolesOf(layer).keys()];
}

/** The weights of a layer, and whether each is one that training moves unless it is frozen. */
function rolesOf(layer: Layer): Map<LayerVariable, boolean> {
  const found = new Map<LayerVariable, boolean>();
  const seen = new Set<Layer>();
  const collect = (one: Layer) => {
    if (seen.has(one)) return;
    seen.add(one);
    const { _trainableWeights, _nonTrainableWeights } = one as unknown as Record<string, LayerVariable[]>;
    for (const variable of _trainableWeights!) found.set(variable, true);
    for (const variable of _nonTrainableWeights!) found.set(variable, false);
    for (const inner of layersInside(one)) collect(inner);
  };
  collect(layer);
  return found;
}

/** The layers that a layer holds itself: a model's, the one that a wrapper wraps, the cells of a recurrent layer. */
export function layersInside(layer: Layer): Layer[] {
  if (layer instanceof tf.LayersModel) return layer.layers;
  return Object.values(layer)
    .flat()
    .filter((value): value is Layer => value instanceof tf.layers.Layer);
}

/** What is frozen of a layer. */
export function stateOf(layer: Layer): LayerState {
  return { trainable: layer.trainable, weights: variablesOf(layer).map(({ trainable }) => trainable) };
}

/** Whether all or some of a layer's trained weights rest. */
export function frozenPart(layer: Layer): 'no' | 'partly' | 'all' {
  if (!layer.trainable) return 'all';
  const trained = [...rolesOf(layer)].filter(([, trains]) => trains).map(([variable]) => variable);
  const frozen = trained.filter(({ trainable }) => !trainable).length;
  if (frozen === 0) return 'no';
  return frozen === trained.length ? 'all' : 'partly';
}

/**
 * Gives a layer values and freezes what was frozen.
 *
 * Values are set past the layer's constraints: what was trained is what it computes with, and tfjs applies constraints
 * when weights are written and at no update.
 *
 * @param weights  in the order of {@link variablesOf}; borrowed
 * @throws OverparamError `layer-not-copied` where the layer has other weights
 */
export function restore(layer: Layer, weights: readonly Tensor[], state: LayerState | null): void {
  const variables = variablesOf(layer);
  const shapes = (list: readonly { readonly shape: readonly (number | null)[] }[]) =>
    list.map(({ shape }) => `[${shape}]`).join(', ') || 'none';
  if (shapes(variables) !== shapes(weights)) {
    throw new OverparamError(
      'layer-not-copied',
      `The layer "${layer.name}" (${layer.getClassName()}), made again from its config, has weights of other shapes: ` +
        `${shapes(variables)} for ${shapes(weights)}. Its getConfig() must say all that its constructor needs.`,
    );
  }
  tf.tidy(() => {
    variables.forEach((variable, index) => {
      (variable.read() as Tensor as Variable).assign(onThisBackend(weights[index]!) as Variable);
    });
  });
  if (state) freeze(layer, variables, state);
}

/**
 * A tensor whose numbers are where the current backend has them. Others would be fetched at their first use, and where
 * that is in a compiled step, which may not read values, it fails.
 */
function onThisBackend(x: Tensor): Tensor {
  const { tensorInfo } = tf.engine().state as unknown as {
    tensorInfo: WeakMap<object, { readonly backend: unknown }>;
  };
  const here = tensorInfo.get(x.dataId)?.backend === tf.backend();
  return here || x.dtype === 'string' ? x : tf.cast(tf.mul(x, tf.scalar(1, x.dtype)), x.dtype);
}

function freeze(layer: Layer, variables: readonly LayerVariable[], state: LayerState): void {
  if (layer.trainable !== state.trainable) layer.trainable = state.trainable;
  // A weight that the layer did not have, such as a bias that a norm was folded into, goes with the others.
  const rest = state.weights.length > 0 && state.weights.every((trainable) => !trainable);
  variables.forEach((variable, index) => {
    const trainable = state.weights[index] ?? (rest ? false : variable.trainable);
    if (variable.trainable !== trainable) variable.trainable = trainable;
  });
}
