import * as tf from '@tensorflow/tfjs';

/** A layer, where it is, and whether it is frozen, by itself or by a model around it. */
export interface GivenLayer {
  readonly layer: tf.layers.Layer;
  readonly path: string;
  readonly frozen: boolean;
}

/**
 * The layers of a network as tfjs runs it, those of models inside it too. Written apart from the packages, which are
 * compared with it: it follows the nodes of every model that tfjs itself builds to run one.
 */
export function layersOf(model: tf.LayersModel, prefix = '', outer = false): GivenLayer[] {
  const frozen = outer || !model.trainable;
  const seen = new Set<tf.layers.Layer>();
  const front =
    model.getClassName() === 'Sequential' && model.layers[0] instanceof tf.LayersModel
      ? model.layers[0]
      : null;
  const list = [...model.layers, ...hidden(model, front)];
  return list.flatMap((layer) => {
    if (seen.has(layer) || layer.getClassName() === 'InputLayer') return [];
    seen.add(layer);
    if (layer instanceof tf.LayersModel) return layersOf(layer, `${prefix}${layer.name}/`, frozen);
    const rests =
      !layer.trainable || (layer.weights.length > 0 && layer.weights.every((weight) => !weight.trainable));
    return [{ layer, path: prefix + layer.name, frozen: frozen || rests }];
  });
}

/** Layers that a Sequential runs and does not list. */
function hidden(model: tf.LayersModel, front: tf.LayersModel | null): tf.layers.Layer[] {
  if (model.getClassName() !== 'Sequential') return [];
  const known = new Set<tf.layers.Layer>([
    ...model.layers,
    ...(front ? layersOf(front).map(({ layer }) => layer) : []),
  ]);
  const found: tf.layers.Layer[] = [];
  const visit = (tensor: tf.SymbolicTensor) => {
    const { sourceLayer, nodeIndex } = tensor;
    if (sourceLayer.getClassName() === 'InputLayer') return;
    if (!known.has(sourceLayer)) found.push(sourceLayer);
    known.add(sourceLayer);
    for (const input of sourceLayer.inboundNodes[nodeIndex]!.inputTensors) visit(input);
  };
  for (const output of model.outputs) visit(output);
  return found;
}
