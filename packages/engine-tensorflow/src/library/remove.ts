import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '@overparam/files';
import { cacheRoot, type Environment, installations } from './cache';
import { type Platform, platformOf } from './platform';

/** What to remove. */
export interface RemoveOptions {
  /** Such as `2.21.0`; by default all versions. */
  readonly version?: string;
  /** Only the forms with (true) or without (false) GPU support; by default both. */
  readonly gpu?: boolean;
  readonly signal?: AbortSignal;
  /** Of this process by default. */
  readonly environment?: Environment;
  readonly platform?: Platform;
}

/** What {@link removeLibrary} removed. */
export interface Removed {
  /** Installations; what interrupted ones left is not counted here. */
  readonly folders: readonly string[];
  /** Bytes that are free now. */
  readonly bytes: number;
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath ?? entry.path, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Removes one installation and what interrupted ones of the same name left. @returns bytes */
async function removeOne(root: string, name: string, installed: boolean): Promise<number> {
  if (installed) {
    // Out of sight in one step: half an installation is never found.
    const gone = await mkdtemp(join(root, `.${name}.partial-`));
    await rename(join(root, name), join(gone, 'old'));
  }
  let bytes = 0;
  for (const entry of await readdir(root)) {
    if (!entry.startsWith(`.${name}.partial-`)) continue;
    bytes += await sizeOf(join(root, entry)).catch(() => 0);
    await rm(join(root, entry), { recursive: true, force: true });
  }
  return bytes;
}

/**
 * Removes installations from this package's cache, and what interrupted ones left; nothing else is touched. A process
 * that has loaded the library goes on with it.
 */
export async function removeLibrary(options: RemoveOptions = {}): Promise<Removed> {
  const { version, gpu, signal, environment = process.env, platform = platformOf() } = options;
  const root = cacheRoot(environment, platform);
  const installed = (await installations(root, platform)).map(({ name }) => name);
  const entries = await readdir(root).catch((): string[] => []);
  const begun = entries.flatMap((entry) => entry.match(/^\.(.+)\.partial-/)?.[1] ?? []);
  const names = [...new Set([...installed, ...begun])].filter(
    (name) =>
      (version === undefined || name.startsWith(`${version}-`)) &&
      (gpu === undefined || gpu === name.endsWith('-gpu')),
  );
  const folders: string[] = [];
  let bytes = 0;
  for (const name of names) {
    const there = installed.includes(name);
    bytes += await withLock(join(root, `.${name}.lock`), () => removeOne(root, name, there), { signal });
    if (there) folders.push(join(root, name));
  }
  return { folders, bytes };
}
