import { OverparamError } from '@overparam/errors';
import type { FlatNetwork, FlatTensor } from '@overparam/export';
import * as tf from '@tensorflow/tfjs';

type Layer = tf.layers.Layer;

/** A network that was made again, layer by layer. */
export interface Rebuilt {
  /** The caller disposes it. */
  readonly model: tf.LayersModel;
  /** Its layers, by those that they were made from. */
  readonly layers: ReadonlyMap<Layer, Layer>;
}

/**
 * Makes a network again from its calls, with copies of all layers and their weights. Models inside of it are opened; their
 * layers then have names with `_` in the place of `/`.
 *
 * @param behind  what stands behind a tensor, in front of all layers that take it; null for nothing
 * @param left    layers that are left out, and hand on what they are given
 * @throws OverparamError `layer-not-copied` where a layer cannot be made again from its config
 */
export function rebuild(
  name: string,
  network: FlatNetwork,
  behind: (tensor: FlatTensor) => Layer | null,
  left: (layer: Layer) => boolean = () => false,
): Rebuilt {
  const layers = new Map<Layer, Layer>();
  // What a tensor is as the network's output, and what other layers are given of it.
  const raw = new Map<FlatTensor, tf.SymbolicTensor>();
  const given = new Map<FlatTensor, tf.SymbolicTensor>();
  const known = (tensor: FlatTensor, symbolic: tf.SymbolicTensor): void => {
    raw.set(tensor, symbolic);
    const layer = behind(tensor);
    given.set(tensor, layer ? (layer.apply(symbolic) as tf.SymbolicTensor) : symbolic);
  };
  const inputs = network.inputs.map(({ name: own, tensor }) => {
    const input = tf.input({ batchShape: tensor.shape, dtype: tensor.dtype, name: own });
    known(tensor, input);
    return input;
  });
  for (const { layer, path, inputs: taken, outputs } of network.calls) {
    const tensors = taken.map((tensor) => given.get(tensor)!);
    if (left(layer)) {
      known(outputs[0]!, tensors[0]!);
      continue;
    }
    const copy = layers.get(layer) ?? copyOf(layer, path);
    layers.set(layer, copy);
    const made = [copy.apply(tensors.length === 1 ? tensors[0]! : tensors)].flat() as tf.SymbolicTensor[];
    for (const [index, output] of outputs.entries()) known(output, made[index]!);
  }
  const outputs = network.outputs.map(({ tensor }) => raw.get(tensor)!);
  const model = tf.model({ name, inputs, outputs });
  for (const [layer, copy] of layers) copy.setWeights(layer.getWeights());
  return { model, layers };
}

type LayerClass = tf.serialization.SerializableConstructor<Layer>;

function copyOf(layer: Layer, path: string): Layer {
  const kind = layer.constructor as unknown as LayerClass;
  try {
    const { batchInputShape: _, ...config } = layer.getConfig();
    return kind.fromConfig(kind, { ...config, name: path.replaceAll('/', '_') });
  } catch (cause) {
    throw new OverparamError(
      'layer-not-copied',
      `The layer "${path}" (${layer.getClassName()}) cannot be made again from its config: ${(cause as Error).message} Its getConfig() must say all that its constructor needs.`,
      { cause },
    );
  }
}
