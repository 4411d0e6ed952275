import * as tf from '@tensorflow/tfjs';
import { layersOf } from './given';

/**
 * The same network, read from a JSON as Keras writes it: norms with a list for their axis, keys that tfjs has not, and
 * class names of its own; null where tfjs cannot read what it has written itself.
 */
export async function kerasForm(model: tf.LayersModel): Promise<tf.LayersModel | null> {
  const json = JSON.parse(JSON.stringify(model.toJSON(null, false))) as Node;
  const read = await tf.models
    .modelFromJSON({ modelTopology: inKeras(json) } as unknown as tf.io.ModelJSON)
    // tfjs cannot read all that it writes: a Sequential that runs more layers than it lists.
    .catch(() => null);
  if (!read) return null;
  const from = layersOf(model);
  const to = new Map(layersOf(read).map(({ layer, path }) => [path, layer]));
  for (const { layer, path } of from) {
    const copy = to.get(path);
    if (!copy) throw new Error(`tfjs lost the layer ${path}`);
    // By name: tfjs lists frozen weights last.
    for (const weight of layer.weights) {
      const other = copy.weights.find(({ originalName }) => originalName === weight.originalName);
      if (!other) throw new Error(`tfjs lost the weight ${weight.originalName}`);
      (other.read() as tf.Tensor as tf.Variable).assign(weight.read() as tf.Tensor as tf.Variable);
    }
  }
  return read;
}

type Node = { [key: string]: Node } | Node[] | string | number | boolean | null;

function inKeras(node: Node, rank = 4): Node {
  if (Array.isArray(node)) return node.map((entry) => inKeras(entry, rank));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, inKeras(value, rank)] as const);
  const result: { [key: string]: Node } = Object.fromEntries(entries);
  const { class_name: className, config } = result as { class_name?: Node; config?: { [key: string]: Node } };
  if (className === 'BatchNormalization' && typeof config?.axis === 'number' && config.axis > 0)
    config.axis = [config.axis];
  if (className === 'Conv2D' && config) Object.assign(config, { groups: 1, dtype: 'float32' });
  if (className === 'Model') result.class_name = 'Functional';
  if (className === 'DepthwiseConv2D' && config) config.depthwise_constraint = null;
  return result;
}
