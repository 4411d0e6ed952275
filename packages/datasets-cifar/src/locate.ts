import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { CifarFile, CifarSpec } from './spec';

/** Where the content of one or more files lies. */
export interface Source {
  readonly kind: 'plain' | 'gzip' | 'xz' | 'archive';
  readonly path: string;
}

/** The dataset's folder under `--data-dir`. */
export function folderOf(spec: CifarSpec, dataDir: string): string {
  return join(dataDir, spec.name);
}

/** The command that downloads a dataset. */
export function getCommand(spec: CifarSpec, dataDir: string): string {
  return `overparam data get ${spec.name} --data-dir ${dataDir}`;
}

/**
 * Finds the content of each file, in the order: unpacked, `.gz`, `.xz`, the archive; each in the dataset's
 * folder or in the archive's folder inside it.
 *
 * @throws OverparamError `data-missing`, with where it looked and what to do
 */
export async function locate(spec: CifarSpec, dataDir: string): Promise<Map<CifarFile, Source>> {
  const folder = folderOf(spec, dataDir);
  const archive = join(folder, spec.archive.name);
  const hasArchive = await isFile(archive);
  const found = new Map<CifarFile, Source>();
  const missing: string[] = [];
  for (const file of spec.files) {
    const source = await locateFile(file, spec, folder);
    if (source !== null) found.set(file, source);
    else if (hasArchive) found.set(file, { kind: 'archive', path: archive });
    else missing.push(file.name);
  }
  if (missing.length === 0) return found;
  const partial = (await exists(`${archive}.part`))
    ? ' A download was interrupted there; the command goes on with it.'
    : '';
  throw new OverparamError(
    'data-missing',
    `${spec.title}: ${missing.join(', ')} not found in ${folder}. Looked there and in ${join(folder, spec.archive.folder)} ` +
      `for the file, also as .gz and .xz, and for ${spec.archive.name}. ` +
      `Download it with: ${getCommand(spec, dataDir)} - or put the official archive there.${partial}`,
  );
}

async function locateFile(file: CifarFile, spec: CifarSpec, folder: string): Promise<Source | null> {
  const endings = [
    ['plain', ''],
    ['gzip', '.gz'],
    ['xz', '.xz'],
  ] as const;
  for (const [kind, ending] of endings) {
    for (const place of [folder, join(folder, spec.archive.folder)]) {
      const path = join(place, file.name + ending);
      if (await isFile(path)) return { kind, path };
    }
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
