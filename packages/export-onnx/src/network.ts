import { OverparamError } from '@overparam/errors';
import {
  type FlatCall,
  type FlatEnd,
  type FlatTensor,
  flattenNetwork,
  refuseExpanded,
} from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';
import { convertCall, readWeights } from './convert';
import { Emitter, type ReadWeight, unsupported, type Value } from './emitter';
import { encodeOnnx, type GraphEnd } from './encode';
import type { Int8Scales } from './int8';
import { turnedShape } from './layout';
import { type Preprocessing, writePreprocessing } from './preprocessing';
import { withZeros } from './zeros';

/**
 * The set of operators that is written: 13, of 2020. It is the oldest in which all that networks here need is there
 * (softmax along one axis, sides of an unsqueeze as a tensor, scales by channel for int8), and whatever reads ONNX today
 * reads it.
 */
export const opset = 13;

/** The version of the file format that came with {@link opset}. */
const irVersion = 7;

/** How a network is written. */
export interface OnnxOptions {
  /** How many examples it takes at a time; `free`, the default, leaves that open. */
  readonly batch?: number | 'free';
  /** Strings for the file's metadata, such as what the network is and where it comes from. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Puts what is done to a picture before it goes into the network into the graph. */
  readonly preprocessing?: Preprocessing;
  /** Weights that are on a grid of eight bits, and are written so; none where left out. See `@overparam/quantise`. */
  readonly int8?: Int8Scales<tf.layers.Layer>;
  /** What the network is, for readers of the file. */
  readonly description?: string;
}

/** A network as ONNX has it. */
export interface OnnxNetwork {
  /** The contents of an `.onnx` file. */
  readonly bytes: Uint8Array;
  readonly inputs: readonly GraphEnd[];
  readonly outputs: readonly GraphEnd[];
  /** Uses of each operator. */
  readonly operators: Readonly<Record<string, number>>;
}

/**
 * Writes a network as ONNX. Images have their channels first; names of inputs and outputs are those of the layers.
 * Equal networks give equal bytes.
 *
 * @param model  plain or collapsed
 * @throws OverparamError `expanded-network`; `unsupported-layer`, naming it and what could take its place;
 *   `invalid-options`
 */
export async function encodeNetworkAsOnnx(
  model: tf.LayersModel,
  options: OnnxOptions = {},
): Promise<OnnxNetwork> {
  refuseExpanded(model, 'ONNX');
  const batch = options.batch ?? 'free';
  if (batch !== 'free' && !(Number.isInteger(batch) && batch > 0)) {
    throw new OverparamError(
      'invalid-options',
      `batch must be a whole number above 0 or "free"; got ${String(batch)}.`,
    );
  }
  const network = flattenNetwork(model);
  const emitter = new Emitter();
  for (const { name } of network.outputs) emitter.free(name);
  const weights = await readWeights(network.calls);
  const known = new Map<FlatTensor, Value>();
  const inputs = network.inputs.map((end): GraphEnd => {
    const [size, ...sides] = end.tensor.shape;
    if (batch !== 'free' && size !== null && size !== batch) {
      throw new OverparamError(
        'invalid-options',
        `batch: the network "${model.name}" takes ${size} examples at a time, and ${batch} were asked for. Leave it out.`,
      );
    }
    const shape = [size ?? (batch === 'free' ? null : batch), ...sides] as tf.Shape;
    const name = emitter.free(end.name);
    known.set(end.tensor, { name, shape });
    const type = end.tensor.dtype === 'int32' ? 'int32' : 'float';
    return { name, type, shape: openSides(turnedShape(shape), name) };
  });
  if (options.preprocessing)
    writePreprocessing(emitter, network.inputs, inputs, known, options.preprocessing);
  for (const call of network.calls) convert(emitter, call, known, weights, options.int8);
  const outputs = nameOutputs(emitter, network.outputs, known);
  const used = new Set(emitter.nodes.flatMap((node) => node.inputs));
  const operators: Record<string, number> = {};
  for (const { operator } of emitter.nodes) operators[operator] = (operators[operator] ?? 0) + 1;
  const bytes = encodeOnnx({
    name: model.name,
    opset,
    irVersion,
    producer: 'overparam',
    producerVersion: '0',
    description: options.description ?? '',
    metadata: options.metadata ?? {},
    inputs,
    outputs,
    initializers: emitter.initializers.filter(({ name }) => used.has(name)),
    nodes: emitter.nodes,
  });
  return { bytes, inputs, outputs, operators };
}

function convert(
  emitter: Emitter,
  call: FlatCall,
  known: Map<FlatTensor, Value>,
  weights: ReadonlyMap<tf.layers.Layer, ReadonlyMap<string, ReadWeight>>,
  int8?: Int8Scales<tf.layers.Layer>,
): void {
  const raw = call.inputs.map((input) => known.get(input)!);
  const values = convertCall(emitter, call, raw, weights, int8);
  for (const [index, output] of call.outputs.entries()) {
    // A batch that is fixed is known beside the shapes that layers tell.
    const batch = raw[0]?.shape[0] ?? null;
    const shape = [output.shape[0] ?? batch, ...output.shape.slice(1)] as tf.Shape;
    known.set(output, { ...values[index]!, shape });
  }
}

/** Sides that are open have names: `batch`, and others by their place. */
function openSides(shape: tf.Shape, name: string): (number | string)[] {
  return shape.map((side, axis) => side ?? (axis === 0 ? 'batch' : `${name} side ${axis}`));
}

/** Gives the network's outputs their names, and a node to each that is an input, or that is an output already. */
function nameOutputs(
  emitter: Emitter,
  ends: readonly FlatEnd[],
  known: ReadonlyMap<FlatTensor, Value>,
): GraphEnd[] {
  const renamed = new Map<string, string>();
  // All nodes are there before the first is renamed: zeros around an output may be around another one of them.
  const froms = ends.map(({ name, tensor }) => {
    const value = known.get(tensor)!;
    if (value.places) {
      throw unsupported(
        name,
        'an output',
        'places of maxima are counted in another way there',
        'Leave them out of the outputs.',
      );
    }
    return withZeros(emitter, value).name;
  });
  return ends.map(({ name, tensor }, index) => {
    const from = froms[index]!;
    const made = emitter.nodes.some(({ outputs }) => outputs.includes(from));
    if (made && !renamed.has(from)) {
      emitter.rename(from, name);
      renamed.set(from, name);
    } else emitter.identity(renamed.get(from) ?? from, name);
    return { name, type: 'float', shape: openSides(turnedShape(known.get(tensor)!.shape), name) };
  });
}
