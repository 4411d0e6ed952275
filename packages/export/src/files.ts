import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import type { LayersModel } from '@tensorflow/tfjs';
import {
  decodeNetwork,
  encodeNetwork,
  type NetworkMetadata,
  type ReadNetworkOptions,
  type StoredNetwork,
} from './network';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors';
import { decodeSealed, encodeSealed, sha256 } from './sealed-safetensors';
import { extraLayersFile } from './tfjs-format';

const topologyFile = 'model.json';
const weightsFile = 'weights.safetensors';

/** Writes a safetensors file atomically; see `encodeSafetensors`. */
export async function writeSafetensors(path: string, file: SafetensorsFile<StoredTensor>): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(file));
}

/**
 * Reads a safetensors file; see `decodeSafetensors`.
 *
 * @throws OverparamError `file-missing`, `safetensors-invalid`
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return decodeSafetensors(await readExisting(path), path);
}

/** Writes a safetensors file with a checksum over all of it, atomically; see `encodeSealed`. */
export async function writeSealed(path: string, file: SafetensorsFile<StoredTensor>): Promise<void> {
  await writeFileAtomic(path, await encodeSealed(file));
}

/**
 * Reads a file that {@link writeSealed} wrote; see `decodeSealed`.
 *
 * @throws OverparamError `file-missing`, `safetensors-invalid`, `checksum-missing`, `checksum-mismatch`
 */
export async function readSealed(path: string): Promise<SafetensorsFile> {
  return decodeSealed(await readExisting(path), path);
}

/** What is known of a network that was written. */
export interface WrittenNetwork {
  /** The SHA-256 of `weights.safetensors`, for those that are made of it. */
  readonly sha256: string;
}

/**
 * Writes a network as `model.json` and `weights.safetensors` into a folder, which is made where there is none;
 * each file is replaced atomically. A collapsed or plain one is what stock tfjs loads, too: its weights stand there once more
 * as `group1-shard1of1.bin` and so on, and layers that tfjs lacks as `layers.js`. See `encodeNetwork`.
 */
export async function writeNetwork(
  folder: string,
  model: LayersModel,
  metadata: NetworkMetadata,
): Promise<WrittenNetwork> {
  const {
    topology,
    weights,
    tfjs = new Map<string, Uint8Array | string>(),
  } = await encodeNetwork(model, metadata);
  await mkdir(folder, { recursive: true });
  for (const [name, contents] of tfjs) await writeFileAtomic(join(folder, name), contents);
  await writeFileAtomic(join(folder, weightsFile), weights);
  await writeFileAtomic(join(folder, topologyFile), topology);
  await removeOthers(folder, tfjs);
  return { sha256: await sha256(weights) };
}

/** Files of weights that an earlier network of another size has left. */
async function removeOthers(folder: string, kept: ReadonlyMap<string, unknown>): Promise<void> {
  for (const name of await readdir(folder)) {
    const ours = /^group1-shard\d+of\d+\.bin$/.test(name) || name === extraLayersFile;
    if (ours && !kept.has(name)) await rm(join(folder, name));
  }
}

/**
 * Reads a network from a folder that {@link writeNetwork} wrote. See `decodeNetwork`.
 *
 * @throws OverparamError `file-missing`, and what `decodeNetwork` throws
 * @example
 * const { model, metadata } = await readNetwork('runs/a/collapsed', { expect: 'collapsed' });
 */
export async function readNetwork(
  folder: string,
  options: Pick<ReadNetworkOptions, 'expect'> = {},
): Promise<StoredNetwork> {
  const topology = await readExisting(join(folder, topologyFile));
  const weights = await readExisting(join(folder, weightsFile));
  const files = { topology: new TextDecoder().decode(topology), weights };
  const stored = await decodeNetwork(files, { ...options, source: folder }).catch(async (error: unknown) => {
    const place =
      isOverparamError(error) && error.code === 'wrong-role' ? await rightPlace(folder, options) : null;
    if (place === null) throw error;
    const { message } = error as OverparamError;
    throw new OverparamError('wrong-role', `${message} It is in ${place}.`, { cause: error });
  });
  return { ...stored, sha256: await sha256(weights) };
}

/** Where runs keep networks, beside each other. */
const places: Readonly<Record<string, string>> = {
  expanded: 'final',
  collapsed: 'collapsed',
  plain: 'collapsed',
};

/** The folder beside one that holds a network of the role that was asked for; null where there is none. */
async function rightPlace(
  folder: string,
  { expect }: Pick<ReadNetworkOptions, 'expect'>,
): Promise<string | null> {
  const place = join(dirname(resolve(folder)), places[expect ?? ''] ?? '');
  const file = join(place, weightsFile);
  const found = await readFile(file).catch(() => null);
  if (!found) return null;
  const { metadata } = decodeSafetensors(found, file);
  return metadata.role === expect ? join(dirname(folder), places[expect!]!) : null;
}

async function readExisting(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ENOENT') throw cause;
    throw new OverparamError(
      'file-missing',
      `There is no file ${path}. Check the path; a network's folder holds ${topologyFile} and ${weightsFile}.`,
      { cause },
    );
  }
}
