import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Platform } from './platform';
import { compareVersions } from './version';

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One file of an installation. */
export interface InstalledFile {
  /** Relative to the installation's folder, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal; null where the libraries came from a folder that had no RECORD. */
  readonly sha256: string | null;
}

/** What `manifest.json` in an installation's folder says. It is written last, so a folder that has one is whole. */
export interface Manifest {
  readonly version: string;
  /** {@link Platform.key} */
  readonly platform: string;
  readonly gpu: boolean;
  /** The wheel or folder that the files came from, for a person. */
  readonly origin: string;
  readonly files: readonly InstalledFile[];
}

/** One installation in the cache. */
export interface Installation {
  /** Name of its folder, as of {@link installationName}. */
  readonly name: string;
  /** Its folder; the libraries lie in `tensorflow/` there, as in the wheel. */
  readonly folder: string;
  /** Null where it cannot be read: the installation is not whole. */
  readonly manifest: Manifest | null;
}

/** The folder of all installations: under `XDG_CACHE_HOME`, else macOS's `~/Library/Caches`, else `~/.cache`. */
export function cacheRoot(environment: Environment, platform: Platform): string {
  const home = environment.HOME || homedir();
  const usual = platform.format === 'Mach-O' ? join(home, 'Library', 'Caches') : join(home, '.cache');
  const chosen = environment.XDG_CACHE_HOME;
  // The base directory specification says that a relative path there is to be ignored.
  const base = chosen && isAbsolute(chosen) ? chosen : usual;
  return join(base, 'overparam', 'tensorflow');
}

/** Name of an installation's folder in the cache. */
export function installationName(version: string, platform: Platform, gpu: boolean): string {
  return `${version}-${platform.key}${gpu ? '-gpu' : ''}`;
}

/** Reads an installation's manifest. @returns null where there is none or it is damaged */
export async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    return typeof manifest.version === 'string' && Array.isArray(manifest.files) ? manifest : null;
  } catch {
    return null;
  }
}

/** Installations for a platform: the newest first, and with GPU support before without. */
export async function installations(root: string, platform: Platform): Promise<Installation[]> {
  const names = await readdir(root).catch((): string[] => []);
  const own = names.filter((name) => /^\d/.test(name) && /-[a-z]+-[a-z0-9]+(-gpu)?$/.test(name));
  const mine = own.filter((name) => name.replace(/-gpu$/, '').endsWith(`-${platform.key}`));
  mine.sort((a, b) => compareVersions(b, a) || b.length - a.length);
  return Promise.all(
    mine.map(async (name) => {
      const folder = join(root, name);
      return { name, folder, manifest: await readManifest(folder) };
    }),
  );
}
