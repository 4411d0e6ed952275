import { OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';

type Layer = tf.layers.Layer;

/** A value between two layers. */
export interface FlatTensor {
  /** `[n, …]`; null for what is open, the batch nearly always. */
  readonly shape: tf.Shape;
  /** The type that a network's input is declared with; `float32` for all others. */
  readonly dtype: tf.DataType;
}

/** One use of one layer. */
export interface FlatCall {
  readonly layer: Layer;
  /** The layer's name, behind those of the models that it is in: `base/conv`. */
  readonly path: string;
  /** How many uses of the same layer came before this one. */
  readonly use: number;
  readonly inputs: readonly FlatTensor[];
  readonly outputs: readonly FlatTensor[];
}

/** A tensor that goes into a network or comes out of it. */
export interface FlatEnd {
  /** Of the input layer, or of the layer whose output it is; made unique where one layer gives several. */
  readonly name: string;
  readonly tensor: FlatTensor;
}

/** A network as a list of calls, each after those whose outputs it takes; models inside of it are opened. */
export interface FlatNetwork {
  readonly inputs: readonly FlatEnd[];
  readonly outputs: readonly FlatEnd[];
  readonly calls: readonly FlatCall[];
}

/** How deep models may be inside of models. */
const deepest = 64;

/**
 * Opens a network up into a list of calls of its layers. What is followed is what tfjs runs: the way from the outputs
 * back to the inputs. A shared layer stands in the list once for each use. Shapes are those at this use: a model inside
 * may have been made for another size.
 *
 * Weights stay in the layers; nothing is copied.
 *
 * @throws OverparamError `topology-invalid` where models are nested too deeply; `unsupported-layer` where a layer's output has
 *   no pixels
 */
export function flattenNetwork(model: tf.LayersModel): FlatNetwork {
  const calls: FlatCall[] = [];
  const uses = new Map<Layer, number>();

  const open = (
    { inputs, outputs }: tf.LayersModel,
    given: readonly FlatTensor[],
    prefix: string,
    depth: number,
  ): FlatTensor[] => {
    if (depth > deepest) {
      throw new OverparamError(
        'topology-invalid',
        `The network "${model.name}" has models inside of models, ${deepest} deep. Build it with fewer.`,
      );
    }
    const known = new Map<tf.SymbolicTensor, FlatTensor>(
      inputs.map((tensor, index) => [tensor, given[index]!]),
    );
    // By hand, as a network may have more layers in a row than the stack has places.
    const waiting = [...outputs].reverse();
    while (waiting.length > 0) {
      const tensor = waiting.at(-1)!;
      const { sourceLayer: layer, nodeIndex } = tensor;
      const node = layer.inboundNodes[nodeIndex]!;
      const missing = node.inputTensors.filter((input) => !known.has(input));
      if (!known.has(tensor) && missing.length > 0) {
        waiting.push(...missing.reverse());
        continue;
      }
      waiting.pop();
      if (known.has(tensor)) continue;
      const taken = node.inputTensors.map((input) => known.get(input)!);
      const path = prefix + layer.name;
      const made =
        layer instanceof tf.LayersModel
          ? open(layer, taken, `${path}/`, depth + 1)
          : call(layer, path, taken);
      for (const [index, output] of node.outputTensors.entries()) known.set(output, made[index]!);
    }
    return outputs.map((output) => known.get(output)!);
  };

  const call = (layer: Layer, path: string, inputs: readonly FlatTensor[]): FlatTensor[] => {
    const shapes = inputs.map(({ shape }) => shape);
    const given = layer.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes);
    const several = Array.isArray(given[0]) ? (given as tf.Shape[]) : [given as tf.Shape];
    // TensorFlow.js goes on where an image has no pixels left; nothing else does.
    if (several.some((shape) => shape.some((side) => side !== null && side <= 0))) {
      throw new OverparamError(
        'unsupported-layer',
        `The layer "${path}" (${layer.getClassName()}) gives images without pixels. Give the network a larger input.`,
      );
    }
    const outputs = several.map((shape): FlatTensor => ({ shape, dtype: 'float32' }));
    const use = uses.get(layer) ?? 0;
    uses.set(layer, use + 1);
    calls.push({ layer, path, use, inputs, outputs });
    return outputs;
  };

  const inputs = model.inputs.map(
    ({ shape, dtype, sourceLayer }): FlatEnd => ({ name: sourceLayer.name, tensor: { shape, dtype } }),
  );
  const outputs = open(
    model,
    inputs.map(({ tensor }) => tensor),
    '',
    0,
  );
  const taken = new Set(inputs.map(({ name }) => name));
  return {
    inputs,
    outputs: outputs.map((tensor, index) => {
      const wanted = model.outputs[index]!.sourceLayer.name;
      let name = wanted;
      for (let count = 1; taken.has(name); count++) name = `${wanted}_${count}`;
      taken.add(name);
      return { name, tensor };
    }),
    calls,
  };
}
