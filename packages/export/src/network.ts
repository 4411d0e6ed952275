import { isOverparamError, OverparamError } from '@overparam/errors';
import * as tf from '@tensorflow/tfjs';
import { canonicalJson, isRecord, type JsonValue } from './json';
import { decodeSealed, encodeSealed, sha256 } from './sealed-safetensors';
import { encodeTfjs, extraLayersFile, type TfjsFiles } from './tfjs-format';
import { checkTopology } from './topology';
import { assignWeights, storedWeights } from './weights';

/** What a network is: as trained with a method, collapsed from such a one, or never expanded. */
export type NetworkRole = 'expanded' | 'collapsed' | 'plain';

/** A network's role and where it comes from: any further JSON values, such as method or collapse gap. */
export interface NetworkMetadata {
  readonly role: NetworkRole;
  readonly [key: string]: JsonValue;
}

/** A network as the contents of two files. */
export interface NetworkFiles {
  /**
   * Topology as JSON text: of an expanded network what tfjs's `model.toJSON()` gives, of others a `model.json` that stock tfjs
   * loads with the files of {@link tfjs}.
   */
  readonly topology: string;
  /**
   * Weights in the safetensors format, by tfjs's names such as `stem_conv/kernel`; metadata in the header, with a checksum
   * over the whole file and one of the topology.
   */
  readonly weights: Uint8Array;
  /** What stands beside the two for stock tfjs, by name: weights once more, and layers that it lacks. Never read here. */
  readonly tfjs?: ReadonlyMap<string, Uint8Array | string>;
}

/** What is asked of a network that is read. */
export interface ReadNetworkOptions {
  /** The role it must have. */
  readonly expect?: NetworkRole;
  /** What the files are, such as their folder, for errors. */
  readonly source?: string;
}

/** A network with what is known of it. */
export interface StoredNetwork {
  /** The caller disposes. */
  readonly model: tf.LayersModel;
  readonly metadata: NetworkMetadata;
  /** The SHA-256 of the file of weights, where it was read from one. */
  readonly sha256?: string;
}

const roles: readonly string[] = ['expanded', 'collapsed', 'plain'] satisfies NetworkRole[];

/**
 * Turns a network into the contents of two files. Equal networks give equal bytes: no time, no path.
 *
 * @throws OverparamError `invalid-metadata` for an unknown role or what JSON cannot hold; `invalid-tensor` for
 *   weights of a type that cannot be written; `duplicate-weight` where two weights have one name
 */
export async function encodeNetwork(model: tf.LayersModel, metadata: NetworkMetadata): Promise<NetworkFiles> {
  if (!roles.includes(metadata.role)) {
    throw new OverparamError(
      'invalid-metadata',
      `metadata.role must be one of ${roles.join(', ')}; got ${JSON.stringify(metadata.role)}.`,
    );
  }
  const { role, ...lineage } = metadata;
  const stock = role === 'expanded' ? null : await encodeTfjs(model, metadata);
  const topology = stock ? stock.modelJson : `${JSON.stringify(model.toJSON(null, false))}\n`;
  const weights = await encodeSealed({
    tensors: await storedWeights(model),
    metadata: {
      format: 'overparam-network',
      role,
      lineage: canonicalJson(lineage, 'metadata'),
      topology: await sha256(new TextEncoder().encode(topology)),
    },
  });
  return { topology, weights, ...(stock && { tfjs: filesBeside(stock) }) };
}

function filesBeside({ shards, layers }: TfjsFiles): ReadonlyMap<string, Uint8Array | string> {
  return new Map<string, Uint8Array | string>(
    layers === null ? shards : [...shards, [extraLayersFile, layers]],
  );
}

/**
 * Builds a network from what {@link encodeNetwork} gave. Only the topology's layers are built; nothing read is
 * executed, and no file it might mention is opened.
 *
 * A network with layers of a package's own, such as an expanded one, needs that package to be imported first;
 * a collapsed or plain one needs tfjs alone.
 *
 * @throws OverparamError `wrong-role` where the role is not the expected one; `safetensors-invalid`,
 *   `topology-invalid`, `checksum-missing` and `checksum-mismatch` for damaged contents; `unknown-layer` for a kind of layer that nothing registered;
 *   `weights-mismatch` where weights are missing, too many, or of another shape
 */
export async function decodeNetwork(
  files: NetworkFiles,
  options: ReadNetworkOptions = {},
): Promise<StoredNetwork> {
  const source = options.source ?? 'network';
  const stored = await decodeSealed(files.weights, `${source}: weights`);
  const metadata = readMetadata(stored.metadata, source);
  if (options.expect !== undefined && metadata.role !== options.expect) {
    throw new OverparamError(
      'wrong-role',
      `${source}: expected a network of role "${options.expect}", but this one is of role "${metadata.role}". Give the folder of the ${options.expect} network.`,
    );
  }
  if ((await sha256(new TextEncoder().encode(files.topology))) !== stored.metadata.topology) {
    throw new OverparamError(
      'checksum-mismatch',
      `${source}: topology: it is not the one that the weights were written with. It was changed or damaged, or is another network's; take both files from one copy.`,
    );
  }
  const numbers = [...stored.tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  const model = await buildModel(files.topology, source, numbers);
  try {
    assignWeights(model, stored.tensors, source);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, metadata };
}

function readMetadata(stored: Readonly<Record<string, string>>, source: string): NetworkMetadata {
  const { role, lineage } = stored;
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(lineage ?? 'null');
  } catch {
    // Told apart from a well-formed lineage just below.
  }
  if (!roles.includes(role ?? '') || !isRecord(parsed)) {
    throw new OverparamError(
      'safetensors-invalid',
      `${source}: weights: expected metadata "role" (${roles.join(', ')}) and "lineage" (a JSON object); got ${JSON.stringify(role ?? null)} and ${JSON.stringify(lineage ?? null)}. The weights were not written as a network's; write it again.`,
    );
  }
  return { ...(parsed as Record<string, JsonValue>), role: role as NetworkRole };
}

/** @param numbers  in all of its weights */
async function buildModel(topology: string, source: string, numbers: number): Promise<tf.LayersModel> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(topology);
  } catch (cause) {
    throw invalidTopology(source, 'it is not JSON', cause);
  }
  if (!isRecord(parsed)) throw invalidTopology(source, 'it is not a JSON object');
  if (isRecord(parsed.modelTopology)) parsed = parsed.modelTopology;
  checkTopology(parsed, (problem) => {
    throw invalidTopology(source, problem);
  });
  try {
    // Wrapped, so that nothing but layers is taken from it: beside a topology tfjs would also follow a list
    // of weight files.
    const model = { modelTopology: parsed } as unknown as tf.io.ModelJSON;
    return await withAtMost(numbers, () => tf.models.modelFromJSON(model));
  } catch (cause) {
    if (isOverparamError(cause)) throw invalidTopology(source, cause.message);
    const unknownLayer = /^Unknown \w+: ([^.]+)\./.exec(cause instanceof Error ? cause.message : '')?.[1];
    if (unknownLayer === undefined) throw invalidTopology(source, 'tfjs cannot build it', cause);
    throw new OverparamError(
      'unknown-layer',
      `${source}: topology: no registered kind of layer is named "${unknownLayer}". Import the package that has it first; layers of expanded networks come with @overparam/core-reparam.`,
      { cause },
    );
  }
}

/** Numbers that layers may ask for beyond what the weights hold: less than shows, more than a mistake in a test. */
const slack = 2 ** 20;

/**
 * Builds a network whose weights hold no more numbers than a limit: what is asked for beyond is refused before there is
 * memory for it. tfjs builds layers before its promise is returned, so nothing else is built meanwhile.
 */
function withAtMost<Result>(limit: number, build: () => Promise<Result>): Promise<Result> {
  type Weight = { dispose(): void };
  const layer = tf.layers.Layer.prototype as unknown as { addWeight: (...given: unknown[]) => Weight };
  const { addWeight } = layer;
  const made: Weight[] = [];
  let sum = 0;
  layer.addWeight = function (this: unknown, ...given: unknown[]) {
    sum += tf.util.sizeFromShape(given[1] as number[]);
    if (!(sum <= limit + slack)) {
      throw new OverparamError(
        'topology-invalid',
        `its layers ask for more than the ${limit} numbers that the weights hold`,
      );
    }
    const weight = addWeight.apply(this, given);
    made.push(weight);
    return weight;
  };
  try {
    return build().catch((error: unknown) => {
      for (const weight of made) weight.dispose();
      throw error;
    });
  } finally {
    layer.addWeight = addWeight;
  }
}

function invalidTopology(source: string, problem: string, cause?: unknown): OverparamError {
  const detail = cause instanceof Error ? ` (${cause.message})` : '';
  return new OverparamError(
    'topology-invalid',
    `${source}: topology: expected the JSON of a tfjs LayersModel, but ${problem}${detail}. Write the network again.`,
    { cause },
  );
}
