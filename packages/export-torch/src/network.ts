import {
  type FlatTensor,
  flattenNetwork,
  insteadOf,
  refuseExpanded,
  type StoredTensor,
} from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';
import { writers } from './layers';
import { type NameScheme, pythonName, torchvisionName } from './names';
import { pythonFile } from './python';
import { type Context, stored, unsupported, type Value, type Weight } from './writer';

type Layer = tf.layers.Layer;

/** How a network is written. */
export interface TorchOptions {
  /** `overparam`, the names of layers, where left out; `torchvision` for the backbones resnet18 and resnet50. */
  readonly names?: NameScheme;
  /** The name of the file of weights, for the Python file's own words. */
  readonly weightsFile?: string;
}

/** A network for PyTorch. */
export interface TorchNetwork {
  /** By PyTorch's names and in its layouts: kernels [cout, cin, kh, kw], matrices [out, in]. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** A Python file that builds the network and loads the tensors with `strict=True`. */
  readonly python: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Writes a network for PyTorch: its tensors, and the source of a module that computes the same.
 *
 * @throws OverparamError `expanded-network`, `unsupported-layer`, `names-unknown`, `open-shape`
 */
export async function encodeForTorch(
  model: tf.LayersModel,
  options: TorchOptions = {},
): Promise<TorchNetwork> {
  refuseExpanded(model, 'PyTorch safetensors');
  const { names = 'overparam', weightsFile = 'model.safetensors' } = options;
  const network = flattenNetwork(model);
  const weights = await readWeights(network.calls.map(({ layer }) => layer));
  const tensors = new Map<string, StoredTensor>();
  const modules: { path: string; code: string }[] = [];
  const paths = new Map<Layer, string>();
  const known = new Map<FlatTensor, Value>();
  const lines: string[] = [];
  const fresh = (code: string) => {
    const name = `x${lines.length + 1}`;
    lines.push(`${name} = ${code}`);
    return name;
  };
  const inputs = network.inputs.map(({ name, tensor }, index) => {
    const variable = `input${index + 1}`;
    known.set(tensor, { name: variable, shape: tensor.shape });
    return { name, variable };
  });
  for (const call of network.calls) {
    const { layer, path } = call;
    const kind = layer.getClassName();
    const refuse = (reason: string, instead: string): never => {
      throw unsupported(path, kind, reason, instead);
    };
    const writer = Object.hasOwn(writers, kind) ? writers[kind]! : null;
    if (!writer)
      return refuse('there is no way yet to write its kind', insteadOf(kind, Object.keys(writers)));
    const place = () => {
      const found =
        paths.get(layer) ?? free(names === 'torchvision' ? torchvisionName(path) : pythonName(path), modules);
      paths.set(layer, found);
      return found;
    };
    const context: Context = {
      call,
      config: layer.getConfig(),
      shared: network.calls.filter((other) => other.layer === layer).length > 1,
      inputs: call.inputs.map((input) => known.get(input)!),
      weight: (name) => weights.get(layer)!.get(name) ?? null,
      module(part, code, own) {
        const full = part === '' ? place() : `${place()}.${part}`;
        if (!modules.some((module) => module.path === full)) {
          modules.push({ path: full, code });
          for (const [name, weight] of Object.entries(own)) tensors.set(`${full}.${name}`, stored(weight));
        }
        return `at(${JSON.stringify(full)})`;
      },
      line: fresh,
      refuse,
    };
    const made = [writer(context)].flat() as string[];
    for (const [index, output] of call.outputs.entries())
      known.set(output, { name: made[index]!, shape: output.shape });
  }
  const outputs = network.outputs.map(({ name, tensor }) => ({ name, variable: known.get(tensor)!.name }));
  const title = `The network "${model.name.replace(/["\\]/g, '_')}" of overparam in plain PyTorch.`;
  const python = pythonFile({ title, weightsFile, modules, inputs, lines, outputs });
  return {
    tensors,
    python,
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
  };
}

function free(wanted: string, modules: readonly { readonly path: string }[]): string {
  let name = wanted;
  const taken = (path: string) =>
    modules.some((module) => module.path === path || module.path.startsWith(`${path}.`));
  for (let count = 2; taken(name); count++) name = `${wanted}_${count}`;
  return name;
}

async function readWeights(
  layers: readonly Layer[],
): Promise<ReadonlyMap<Layer, ReadonlyMap<string, Weight>>> {
  const all = new Map<Layer, Map<string, Weight>>();
  for (const layer of new Set(layers)) {
    const own = new Map<string, Weight>();
    for (const weight of layer.weights) {
      const value = weight.read();
      own.set(weight.originalName.split('/').at(-1)!, {
        shape: value.shape,
        data: (await value.data()) as Float32Array,
      });
    }
    all.set(layer, own);
  }
  return all;
}
