import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { LayersModel } from '@tensorflow/tfjs';
import {
  decodeNetwork,
  encodeNetwork,
  type NetworkMetadata,
  type ReadNetworkOptions,
  type StoredNetwork,
} from './network';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors';
import { decodeSealed, encodeSealed } from './sealed-safetensors';

const topologyFile = 'model.json';
const weightsFile = 'weights.safetensors';

/**
 * Writes a file so that whoever reads it sees the old contents or the new ones, never part of either, even if
 * the machine stops in between: a file beside it is written, flushed to the disk and given the name.
 *
 * @throws  what the file system throws; the file beside it is removed
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the new name last. Not every system lets a folder be opened; there the file system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

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

/**
 * Writes a network as `model.json` and `weights.safetensors` into a folder, which is made where there is none;
 * each file is replaced atomically. See `encodeNetwork`.
 */
export async function writeNetwork(
  folder: string,
  model: LayersModel,
  metadata: NetworkMetadata,
): Promise<void> {
  const { topology, weights } = await encodeNetwork(model, metadata);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, weightsFile), weights);
  await writeFileAtomic(join(folder, topologyFile), topology);
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
  return decodeNetwork(
    { topology: new TextDecoder().decode(topology), weights },
    { ...options, source: folder },
  );
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
