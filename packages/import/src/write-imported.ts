import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { NetworkMetadata } from '@overparam/export';
import { writeNetwork } from '@overparam/export/node';
import { ancestorsOf } from './ancestors';
import type { ImportedNetwork } from './imported-network';

/**
 * Writes an imported network as a network's folder of this project, which says where it came from: the file's name and
 * SHA-256, the architecture, what blocks were collapsed, the measured gap. The folder appears whole or not at all.
 *
 * @param folder  where to; it may be there, but must be empty
 * @param file    the file that was read
 * @throws OverparamError `folder-not-empty`
 */
export async function writeImported(folder: string, imported: ImportedNetwork, file: string): Promise<void> {
  await checkFolder(folder);
  const { role, architecture, gap, blocks, settings, about } = imported;
  const sha256 = await sumOf(file);
  const metadata: NetworkMetadata = {
    role,
    ...(gap !== null && { importGap: gap }),
    source: { file: basename(file), sha256, architecture, blocks, settings },
    ...(about && { ancestors: ancestorsOf(file, sha256, { about }) }),
  };
  const target = resolve(folder);
  await mkdir(dirname(target), { recursive: true });
  const unfinished = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await writeNetwork(unfinished, imported.model, metadata);
    await rm(target, { recursive: true, force: true });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/**
 * A folder that a network can be written to: one that there is not, or an empty one.
 *
 * @throws OverparamError `folder-not-empty`
 */
export async function checkFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') return ['a file'];
    throw error;
  });
  if (entries.length === 0) return;
  throw new OverparamError(
    'folder-not-empty',
    `"${folder}" is there already and not empty. Give another folder, or remove it.`,
  );
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
