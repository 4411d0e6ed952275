import { type FlatCall, insteadOf } from '@overparam/export';
import type * as tf from '@tensorflow/tfjs';
import { type Context, type Emitter, type ReadWeight, unsupported, type Value } from './emitter';
import { type Int8Scales, writeBias, writeInt8 } from './int8';
import { converters } from './layers';
import { withZeros } from './zeros';

type Layer = tf.layers.Layer;

/** Weights of layers, by the last part of their names. */
export type LayerWeights = ReadonlyMap<Layer, ReadonlyMap<string, ReadWeight>>;

/** Reads the weights of all layers that are called. */
export async function readWeights(calls: readonly FlatCall[]): Promise<LayerWeights> {
  const all = new Map<Layer, Map<string, ReadWeight>>();
  for (const { layer } of calls) {
    if (all.has(layer)) continue;
    const own = new Map<string, ReadWeight>();
    for (const weight of layer.weights) {
      const value = weight.read();
      const data = await value.data();
      own.set(weight.originalName.split('/').at(-1)!, {
        shape: value.shape,
        data: data instanceof Float32Array ? data : Float32Array.from(data),
      });
    }
    all.set(layer, own);
  }
  return all;
}

/** Layers that do to each step of a sequence what the layer in them does to one, which here is the same node. */
const wrappable: readonly string[] = [
  'Dense',
  'Activation',
  'ReLU',
  'LeakyReLU',
  'ELU',
  'ThresholdedReLU',
  'Dropout',
];

/** Writes one call of a layer. @returns its outputs */
export function convertCall(
  emitter: Emitter,
  call: FlatCall,
  raw: readonly Value[],
  weights: LayerWeights,
  scalesOf: Int8Scales<Layer> = () => null,
): Value[] {
  const { layer, path, use } = call;
  const kind = layer.getClassName();
  const refuse = (reason: string, instead: string): never => {
    throw unsupported(path, kind, reason, instead);
  };
  const inner = kind === 'TimeDistributed' ? (layer as unknown as { layer: Layer }).layer : layer;
  const innerKind = inner.getClassName();
  if (inner !== layer && !wrappable.includes(innerKind))
    refuse(`it wraps a ${innerKind}`, `What it can wrap: ${wrappable.join(', ')}.`);
  const converter = Object.hasOwn(converters, innerKind) ? converters[innerKind]! : null;
  if (!converter) {
    return refuse('there is no way yet to write its kind', insteadOf(innerKind, Object.keys(converters)));
  }
  if (raw.some(({ places }) => places) && kind !== 'OverparamMaxUnpool')
    refuse(
      'it takes places of maxima, which are counted in another way there',
      'Only OverparamMaxUnpool may.',
    );
  const own = weights.get(layer)!;
  let inputs: readonly Value[] | null = null;
  const name = use === 0 ? path : `${path}:${use + 1}`;
  const context: Context = {
    emitter,
    call,
    name,
    config: inner.getConfig(),
    raw,
    get inputs() {
      inputs ??= raw.map((value) => withZeros(emitter, value));
      return inputs;
    },
    weight: (part) => own.get(part) ?? null,
    constant(part, form, change) {
      const { shape, data } = change(own.get(part)!);
      // A layer that is used again has its constants already.
      const place = weightName(layer, part);
      return emitter.floats(form === '' ? place : `${place} ${form}`, shape, data);
    },
    kernel(part, form, change, axis) {
      const scales = scalesOf(layer, part);
      if (!scales) return context.constant(part, form, change);
      const place = weightName(layer, part);
      return writeInt8(
        emitter,
        form === '' ? place : `${place} ${form}`,
        change(own.get(part)!),
        scales,
        axis,
      );
    },
    bias(part) {
      const bias = own.get('bias');
      if (!bias) return [];
      const scales = scalesOf(layer, part);
      const scale = raw[0]!.grid?.scale;
      if (!scales || scale === undefined) return [context.constant('bias', '', () => bias)];
      const place = weightName(layer, 'bias') + (use === 0 ? '' : `:${use + 1}`);
      return [writeBias(emitter, place, bias, scales, scale)];
    },
    refuse,
  };
  const made = converter(context);
  const values = typeof made === 'string' ? [{ name: made }] : made;
  return call.outputs.map(({ shape }, index) => {
    const value: Value = { name: '', shape, ...values[index] };
    // What is handed on as it is, or with zeros around it, keeps its grid.
    const same = raw.find(({ name }) => name === value.name);
    return same?.grid ? { grid: same.grid, ...value } : value;
  });
}

/** What a weight is called in the graph: as in TensorFlow.js, with the layer's number where names come twice. */
function weightName(layer: Layer, part: string): string {
  return `${layer.id}:${layer.name}/${part}`;
}
