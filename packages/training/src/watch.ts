import type * as tf from '@tensorflow/tfjs';

/**
 * Runs `work` while layers report their outputs; the layers are as before afterwards.
 *
 * @param report  told of each output at each use of a layer, in the order of the forward pass
 */
export function watchLayers<Result>(
  layers: readonly tf.layers.Layer[],
  report: (layer: string, output: tf.Tensor) => void,
  work: () => Result,
): Result {
  for (const layer of layers) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const output = call(inputs, kwargs);
      for (const tensor of Array.isArray(output) ? output : [output]) report(layer.name, tensor);
      return output;
    };
  }
  try {
    return work();
  } finally {
    // The method of the class shows again.
    for (const layer of layers) delete (layer as { call?: unknown }).call;
  }
}
