import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { cacheRoot, type Environment, type Installation, installations } from './cache';
import { examine, type Finding, type LocatedLibrary } from './finding';
import { type Platform, platformOf } from './platform';
import { pythonTensorflow } from './python';
import { tfjsNodeLibraries } from './tfjs-node';

/** Where to look; the defaults are this process's. */
export interface LocateOptions {
  readonly environment?: Environment;
  readonly platform?: Platform;
  /** Folder from which tfjs's own Node packages are looked for, upwards. */
  readonly workingFolder?: string;
}

/** What installs the library. By the package's full name, as nobody else can publish a command under it. */
export const installCommand = 'npx @overparam/engine-tensorflow install';

/** How to get the library, as a sentence. */
export const howToInstall = `Install it with: ${installCommand} (with @overparam/runner also: overparam engine install), which needs pip and no compiler.`;

/** Looks at an installation of ours: whether all of it is there, in the sizes that were installed. */
export async function examineInstallation(installation: Installation, platform: Platform): Promise<Finding> {
  const { folder, manifest } = installation;
  const finding = await examine('cache', folder, platform, manifest?.version ?? null);
  let fault = manifest === null ? 'its manifest.json is missing or damaged' : null;
  for (const { path, size } of manifest?.files ?? []) {
    const found = await stat(join(folder, path)).catch(() => null);
    if (found?.size !== size) fault ??= `${path} has ${found?.size ?? 0} bytes where ${size} were installed`;
  }
  if (fault === null) return finding;
  const message = `${folder} is not whole: ${fault}. Install it again.`;
  return { ...finding, located: null, problem: { code: 'library-invalid', message } };
}

/**
 * Looks in one place after the other, in the order that {@link locate} takes: `OVERPARAM_TENSORFLOW`, the cache, the
 * current Python's tensorflow, the library of `@tensorflow/tfjs-node-gpu` or `tfjs-node`.
 */
export async function* search(options: LocateOptions = {}): AsyncGenerator<Finding> {
  const { environment = process.env, platform = platformOf(), workingFolder = process.cwd() } = options;
  const chosen = environment.OVERPARAM_TENSORFLOW;
  if (chosen) yield await examine('environment', resolve(workingFolder, chosen), platform);
  for (const installation of await installations(cacheRoot(environment, platform), platform)) {
    yield await examineInstallation(installation, platform);
  }
  for (const folder of await pythonTensorflow(environment)) {
    yield await examine('python', folder, platform);
  }
  for (const { folder, version } of await tfjsNodeLibraries(workingFolder)) {
    yield await examine('tfjs-node', folder, platform, version);
  }
}

/**
 * Finds TensorFlow's library without loading it.
 *
 * Looked for in this order: the folder that the environment variable `OVERPARAM_TENSORFLOW` names (one that holds the
 * libraries, a wheel's `tensorflow` folder, or the folder around that), the cache that {@link installLibrary} fills,
 * the tensorflow of the current Python, the library that `@tensorflow/tfjs-node-gpu` or `tfjs-node` downloaded.
 *
 * @throws OverparamError `library-missing` where there is none that can be used: what was looked at and how to get
 *   one; what is wrong with the environment variable's (`wrong-architecture`, `library-too-old`, `library-invalid`);
 *   `unsupported-platform`
 * @example
 * const { library, version, source } = await locate();
 * console.log(source, version); // cache 2.21.0
 */
export async function locate(options: LocateOptions = {}): Promise<LocatedLibrary> {
  const problems: string[] = [];
  for await (const finding of search(options)) {
    if (finding.located !== null) return finding.located;
    const { code, message } = finding.problem!;
    // It was asked for by name, so another one instead would be a surprise.
    if (finding.source === 'environment') {
      throw new OverparamError(code, `OVERPARAM_TENSORFLOW: ${message} Unset it, or name another folder.`);
    }
    problems.push(message);
  }
  const found = problems.length === 0 ? '' : ` Passed over: ${problems.join(' ')}`;
  throw new OverparamError(
    'library-missing',
    `TensorFlow's library is not on this machine.${found} ${howToInstall}`,
  );
}
