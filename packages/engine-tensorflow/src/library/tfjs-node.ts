import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A library that one of tfjs's own Node packages downloaded. */
export interface DownloadedLibrary {
  /** Name of the package. */
  readonly owner: string;
  readonly folder: string;
  /** From its file name; null where that does not say. */
  readonly version: string | null;
}

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * Looks for the libraries of tfjs's own Node packages, from a folder upwards. Their install scripts download them;
 * the packages alone do not have them.
 */
export async function tfjsNodeLibraries(from: string = process.cwd()): Promise<DownloadedLibrary[]> {
  const require = createRequire(pathToFileURL(join(from, 'package.json')));
  const found: DownloadedLibrary[] = [];
  for (const owner of packages) {
    let folder: string;
    try {
      folder = join(dirname(require.resolve(`${owner}/package.json`)), 'deps', 'lib');
    } catch {
      continue;
    }
    const names = await readdir(folder).catch((): string[] => []);
    const library = names.filter((name) => /^libtensorflow\.(so|\d|dylib)/.test(name));
    if (library.length === 0) continue;
    const version = library
      .map((name) => name.match(/^libtensorflow\.(?:so\.)?(\d+\.\d+\.\d+)/)?.[1])
      .find(Boolean);
    found.push({ owner, folder, version: version ?? null });
  }
  return found;
}
