import { extraLayersScript } from '@overparam/layers/script';
import type * as tf from '@tensorflow/tfjs';
import { canonicalJson, type JsonValue } from './json';
import type { StoredTensor } from './safetensors';
import { sha256 } from './sealed-safetensors';
import { repairTopology } from './topology-repairs';
import { storedWeights } from './weights';

/** Bytes of a file of weights at most: browsers keep files of that size. */
const shardBytes = 4 * 2 ** 20;

/** The file beside `model.json` that registers the layers which stock tfjs lacks. */
export const extraLayersFile = 'layers.js';

/** A network in tfjs's own format for layers: what `tf.loadLayersModel` takes. */
export interface TfjsFiles {
  /** The contents of `model.json`. */
  readonly modelJson: string;
  /** Files of weights by name, which `model.json` lists. */
  readonly shards: ReadonlyMap<string, Uint8Array>;
  /** The contents of `layers.js`, where the network has layers that stock tfjs lacks; else null. */
  readonly layers: string | null;
}

/** Types in tfjs by types in safetensors. */
const dtypes: Readonly<Record<string, string>> = { F32: 'float32', I32: 'int32', BOOL: 'bool' };

/**
 * Turns a network into tfjs's format for layers. Equal networks give equal files.
 *
 * @param about  stands in `model.json` as `userDefinedMetadata.overparam`, with the SHA-256 of the weights beside it
 * @throws OverparamError `invalid-tensor`, `duplicate-weight`, `invalid-metadata`
 */
export async function encodeTfjs(
  model: tf.LayersModel,
  about: Readonly<Record<string, JsonValue>>,
): Promise<TfjsFiles> {
  const tensors = await storedWeights(model);
  const data = joined([...tensors.values()]);
  const count = Math.max(1, Math.ceil(data.length / shardBytes));
  const shards = new Map<string, Uint8Array>();
  for (let index = 0; index < count; index++) {
    const part = data.subarray(index * shardBytes, (index + 1) * shardBytes);
    shards.set(`group1-shard${index + 1}of${count}.bin`, part);
  }
  const topology = model.toJSON(null, false) as unknown;
  repairTopology(topology, model);
  const known = { ...about, weights: { sha256: await sha256(data) } };
  const modelJson = `{${[
    '"format":"layers-model"',
    '"generatedBy":"overparam"',
    '"convertedBy":null',
    `"modelTopology":${JSON.stringify(topology)}`,
    `"weightsManifest":${JSON.stringify([
      {
        paths: [...shards.keys()],
        weights: [...tensors].map(([name, { shape, dtype }]) => ({ name, shape, dtype: dtypes[dtype] })),
      },
    ])}`,
    `"userDefinedMetadata":{"overparam":${canonicalJson(known, 'metadata')}}`,
  ].join(',')}}\n`;
  return { modelJson, shards, layers: needsExtraLayers(topology) ? extraLayersScript : null };
}

/** Whether a topology has layers that only `@overparam/layers` has. */
export function needsExtraLayers(topology: unknown): boolean {
  return /"class_name":"Overparam(MaxPoolWithPlaces|MaxUnpool|ResizeAligned|ResizeHalfPixel|UnitLength|WeightedSum|GatedSum|LearnedVector|ExpertSelection)"/.test(
    JSON.stringify(topology),
  );
}

function joined(tensors: readonly StoredTensor[]): Uint8Array {
  const all = new Uint8Array(tensors.reduce((sum, { data }) => sum + data.byteLength, 0));
  let position = 0;
  for (const { data } of tensors) {
    all.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return all;
}
