import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { librariesIn } from './finding';
import type { Platform } from './platform';
import { probeVersion } from './probe';
import { fileSource, memberSource, type Source } from './unpack';
import { versionOfFolder } from './version';
import { cudaRequirements, openWheel, readRecord, recordEntries, type Wheel } from './wheel';

/** Where an installation's files come from. */
export interface Origin {
  readonly version: string;
  /** For a person: the wheel's name, or the folder. */
  readonly name: string;
  readonly sources: readonly Source[];
  /** Requirements that pip takes, for NVIDIA's libraries; empty where they are among the sources or not wanted. */
  readonly requirements: readonly string[];
}

/** NVIDIA's libraries lie at paths that TensorFlow's look at, relative to their own. Nothing else is taken. */
const nvidiaLibrary = /^nvidia\/[\w-]+\/lib\/[\w.+-]+\.so[\w.]*$/;

/** Files of a wheel with their hashes. */
async function wheelSources(wheel: Wheel, names: readonly string[]): Promise<Source[]> {
  const record = await readRecord(wheel, names);
  return names.map((name) => memberSource(wheel, name, record.get(name)!));
}

/** NVIDIA's libraries in wheels. @param files  paths of wheels */
export async function nvidiaSources(files: readonly string[]): Promise<Source[]> {
  const sources: Source[] = [];
  for (const file of files) {
    const wheel = await openWheel(file);
    const names = [...wheel.archive.members.keys()].filter((name) => nvidiaLibrary.test(name));
    sources.push(...(await wheelSources(wheel, names)));
  }
  return sources;
}

/**
 * What a wheel of TensorFlow gives.
 *
 * @param nvidia  wheels of NVIDIA's libraries that are at hand
 * @throws OverparamError `wheel-invalid`, `wrong-architecture`, `record-missing`, `wheel-truncated`
 */
export async function wheelOrigin(
  file: string,
  platform: Platform,
  gpu: boolean,
  nvidia: readonly string[] = [],
): Promise<Origin> {
  const wheel = await openWheel(file);
  const { members } = wheel.archive;
  // The small one first: one of another architecture shows before the large one is unpacked.
  const names = [`tensorflow/${platform.framework}`, `tensorflow/${platform.library}`];
  const missing = names.find((name) => !members.has(name));
  if (missing !== undefined) {
    const other = [...members.keys()].find((name) => /^tensorflow\/libtensorflow_cc\./.test(name));
    if (other !== undefined) {
      throw new OverparamError(
        'wrong-architecture',
        `${file} holds ${other}, so it is for another system than ${platform.key}. Take the wheel for ${platform.key}.`,
      );
    }
    throw new OverparamError(
      'wheel-invalid',
      `${file} (${wheel.distribution} ${wheel.version}) does not hold ${missing}. ` +
        `Expected a wheel of ${platform.distribution} for ${platform.key}.`,
    );
  }
  const requirements = gpu ? await cudaRequirements(wheel) : [];
  if (gpu && requirements.length === 0) {
    throw new OverparamError(
      'wheel-invalid',
      `${file} (${wheel.distribution} ${wheel.version}) names no NVIDIA libraries, so it has no GPU support. ` +
        `With --gpu, expected a wheel of ${platform.gpuDistribution} for ${platform.key}.`,
    );
  }
  const sources = await wheelSources(wheel, names);
  if (gpu) sources.push(...(await nvidiaSources(nvidia)));
  return {
    version: wheel.version,
    name: basename(file),
    sources,
    requirements: nvidia.length > 0 ? [] : requirements,
  };
}

/** The RECORD that Python's installers leave beside a package's folder. */
async function installedRecord(folder: string): Promise<{ file: string; text: string } | null> {
  const around = dirname(folder);
  for (const name of await readdir(around).catch((): string[] => [])) {
    if (!/^tensorflow[\w]*-\d[^-]*\.dist-info$/.test(name)) continue;
    const file = join(around, name, 'RECORD');
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text?.includes('tensorflow/libtensorflow')) return { file, text };
  }
  return null;
}

async function librariesOrigin(given: string, platform: Platform, version?: string): Promise<Origin> {
  const { framework, library, standAlone } = await librariesIn(given, platform);
  const folder = dirname(library);
  const own = platform.key === `${process.platform}-${process.arch}`;
  const found =
    (await versionOfFolder(folder)) ?? (own ? await probeVersion(framework, library) : null) ?? version;
  if (found === undefined) {
    throw new OverparamError(
      'version-unknown',
      `Nothing in or around ${folder} tells which version of TensorFlow it is, and it cannot be asked. Say it with --version.`,
    );
  }
  const paths = [framework, library].map((file) => `tensorflow/${basename(file)}`);
  const record = standAlone ? null : await installedRecord(folder);
  const entries = record && recordEntries(record.text, paths, record.file);
  const sources = await Promise.all(
    [framework, library].map(async (file, index) => {
      const path = paths[index]!;
      return fileSource(file, path, (await stat(file)).size, entries?.get(path) ?? null);
    }),
  );
  return { version: found, name: folder, sources, requirements: [] };
}

/**
 * What a wheel, a folder of wheels, or a folder of libraries gives.
 *
 * @param version  taken where the libraries themselves do not tell it
 * @throws OverparamError `from-missing` where there is nothing, and as {@link wheelOrigin}
 */
export async function givenOrigin(
  given: string,
  platform: Platform,
  gpu: boolean,
  version?: string,
): Promise<Origin> {
  const path = resolve(given);
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new OverparamError(
      'from-missing',
      `--from: ${path} does not exist. Expected a wheel of ${platform.distribution}, or a folder that holds one or the libraries.`,
    );
  }
  if (found.isFile()) return wheelOrigin(path, platform, gpu);
  const wheels = (await readdir(path)).filter((name) => name.endsWith('.whl'));
  const own = wheels.filter((name) => /^tensorflow(_cpu)?-/.test(name));
  if (own.length === 0) return librariesOrigin(path, platform, version);
  const chosen = own.filter((name) => version === undefined || name.split('-')[1] === version);
  if (chosen.length !== 1) {
    throw new OverparamError(
      'from-ambiguous',
      `--from: ${path} holds ${own.join(', ')}${version === undefined ? '' : `, of which ${chosen.length} are version ${version}`}. ` +
        'Expected one; name the wheel itself.',
    );
  }
  const nvidia = wheels.filter((name) => name.startsWith('nvidia_')).map((name) => join(path, name));
  return wheelOrigin(join(path, chosen[0]!), platform, gpu, nvidia);
}
