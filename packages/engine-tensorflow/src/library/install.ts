import { access, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { holderText, withLock } from '@overparam/files';
import { cacheRoot, type Environment, installationName, type Manifest, readManifest } from './cache';
import { examine, type LocatedLibrary } from './finding';
import { checkLibraryFile } from './header';
import { examineInstallation } from './locate';
import { givenOrigin, nvidiaSources, type Origin, wheelOrigin } from './origin';
import { downloadWheels, findPip, type Pip } from './pip';
import { type Platform, platformOf } from './platform';
import { isDiskFull, moreRoom, type Source, writeSources } from './unpack';
import { assertVersion, compareVersions, defaultVersion, oldestWheel } from './version';

/** How far an installation is. */
export interface InstallProgress {
  /** `waiting`: another process installs the same. */
  readonly stage: 'waiting' | 'download' | 'unpack';
  /** Bytes. */
  readonly done: number;
  /** Bytes; null where it is not known. */
  readonly total: number | null;
  /** The file, or the process that is waited for. */
  readonly what: string;
}

/** What to install, and from where. */
export interface InstallOptions {
  /** Such as `2.21.0`, the default; with `from` it must be the one that is there. */
  readonly version?: string;
  /** The CUDA form, with NVIDIA's libraries. Not tried: no such machine was at hand. */
  readonly gpu?: boolean;
  /** A wheel, a folder that holds one, or a folder that holds the libraries; by default pip downloads the wheel. */
  readonly from?: string;
  /** Called several times a second while something goes on. */
  readonly progress?: (progress: InstallProgress) => void;
  readonly signal?: AbortSignal;
  /** Of this process by default. */
  readonly environment?: Environment;
  readonly platform?: Platform;
}

/** What {@link installLibrary} did. */
export interface Installed {
  /** The installation's folder in the cache. */
  readonly folder: string;
  readonly version: string;
  /** Whether it was there before, and nothing was done. */
  readonly already: boolean;
  readonly located: LocatedLibrary;
}

/** Roughly what an installation takes while it runs: the wheel and what is unpacked of it. */
const room = {
  plain: 'about 1.2 GB are needed while installing, 0.9 GB of which stay.',
  gpu: 'about 8 GB are needed while installing, 5 GB of which stay.',
};

/** Milliseconds: nothing here computes for more than a moment without a pause. */
const silence = 60_000;

interface Work {
  readonly options: InstallOptions;
  readonly platform: Platform;
  readonly environment: Environment;
  readonly gpu: boolean;
}

async function requirePip({ environment, options, platform }: Work): Promise<Pip> {
  const pip = await findPip(environment, options.signal);
  if (pip !== null) return pip;
  throw new OverparamError(
    'pip-missing',
    'Neither pip nor uv was found (python3 -m pip, pip3, pip, uv); one of them is needed to get TensorFlow. Install one; or, ' +
      `where there is pip, run: pip download --no-deps --only-binary=:all: --python-version 3.11 ${platform.distribution}==${options.version ?? defaultVersion} ` +
      'and give the wheel here with --from.',
  );
}

/** Downloads wheels into a new folder in `work`'s. */
async function download(work: Work, requirements: readonly string[], folder: string): Promise<string[]> {
  const pip = await requirePip(work);
  const { options, environment, gpu } = work;
  await mkdir(folder);
  const report = (done: number, total: number | null, what: string) =>
    options.progress?.({ stage: 'download', done, total, what });
  report(0, null, requirements[0]!);
  const files = await downloadWheels(pip, requirements, folder, {
    environment,
    signal: options.signal,
    progress: report,
    room: gpu ? room.gpu : room.plain,
  });
  return files;
}

async function downloadedOrigin(work: Work, version: string, folder: string): Promise<Origin> {
  const { platform, gpu } = work;
  const distribution = gpu ? platform.gpuDistribution! : platform.distribution;
  const [file] = await download(work, [`${distribution}==${version}`], folder);
  return wheelOrigin(file!, platform, gpu);
}

/** Fills a new folder with an installation, its manifest last. */
async function fill(work: Work, origin: Origin, partial: string): Promise<string> {
  const { options, platform, gpu } = work;
  const sources: Source[] = [...origin.sources];
  if (origin.requirements.length > 0) {
    sources.push(
      ...(await nvidiaSources(await download(work, origin.requirements, join(partial, 'nvidia')))),
    );
  }
  const whole = join(partial, 'whole');
  await mkdir(whole);
  const files = await writeSources(sources, whole, {
    place: join(partial, '..'),
    progress: (done, total, what) =>
      options.progress?.({ stage: 'unpack', done, total, what: basename(what) }),
    arrived: (file, { path, from }) => checkLibraryFile(file, platform, `${path} of ${from}`),
    signal: options.signal,
  });
  const manifest: Manifest = {
    version: origin.version,
    platform: platform.key,
    gpu,
    origin: origin.name,
    files,
  };
  await writeFile(join(whole, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return whole;
}

/** Puts a whole folder in place in one step; a broken one that is there makes room. */
async function putInPlace(whole: string, folder: string, partial: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await rename(whole, folder);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code) || attempt === 3) throw error;
      await rename(folder, join(partial, `old-${attempt}`)).catch(() => {});
    }
  }
}

async function installInto(
  folder: string,
  work: Work,
  given: Origin | null,
  version: string,
): Promise<Installed> {
  const root = join(folder, '..');
  const name = basename(folder);
  const before = await examineInstallation(
    { name, folder, manifest: await readManifest(folder) },
    work.platform,
  );
  if (before.located !== null) return { folder, version, already: true, located: before.located };
  for (const entry of await readdir(root)) {
    // Left by processes that were killed: the lock says that nobody is at work.
    if (entry.startsWith(`.${name}.partial-`)) await rm(join(root, entry), { recursive: true, force: true });
  }
  const partial = await mkdtemp(join(root, `.${name}.partial-`));
  try {
    const origin = given ?? (await downloadedOrigin(work, version, join(partial, 'wheel')));
    const whole = await fill(work, origin, partial);
    work.options.signal?.throwIfAborted();
    await putInPlace(whole, folder, partial);
  } finally {
    await rm(partial, { recursive: true, force: true, maxRetries: 3 });
  }
  const { located, problem } = await examine('cache', folder, work.platform, version);
  if (located === null) throw new OverparamError(problem!.code, problem!.message);
  return { folder, version, already: false, located };
}

async function makeRoot(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true });
    await access(root, constants.W_OK);
  } catch (error) {
    throw new OverparamError(
      'cache-unwritable',
      `The cache folder ${root} cannot be written to (${(error as NodeJS.ErrnoException).code}). ` +
        'Make it yours, or put the cache elsewhere with XDG_CACHE_HOME.',
      { cause: error },
    );
  }
}

function checkVersion(version: string | undefined): void {
  if (version === undefined) return;
  if (!/^\d+\.\d+\.\d+(?:(?:a|b|rc|\.post|\.dev)\d+)?$/.test(version)) {
    throw new OverparamError(
      'invalid-version',
      `--version: '${version}' is no version of TensorFlow. Expected one such as ${defaultVersion}.`,
    );
  }
  if (compareVersions(version, oldestWheel) >= 0) return;
  throw new OverparamError(
    'library-too-old',
    `--version: the wheels of TensorFlow ${version} hold no library for C; ${oldestWheel} and newer do.`,
  );
}

async function installed(options: InstallOptions): Promise<Installed> {
  const { environment = process.env, platform = platformOf(), gpu = false, signal } = options;
  const work: Work = { options, environment, platform, gpu };
  checkVersion(options.version);
  if (gpu && platform.gpuDistribution === null) {
    throw new OverparamError(
      'gpu-unavailable',
      `--gpu: TensorFlow has no wheels with GPU support for ${platform.key}. Leave --gpu out.`,
    );
  }
  signal?.throwIfAborted();
  const given =
    options.from === undefined ? null : await givenOrigin(options.from, platform, gpu, options.version);
  const version = given?.version ?? options.version ?? defaultVersion;
  if (given !== null) assertVersion(version, given.name);
  if (options.version !== undefined && version !== options.version) {
    throw new OverparamError(
      'version-mismatch',
      `--from: ${given?.name} is TensorFlow ${version}, and --version asks for ${options.version}. Leave one of them out.`,
    );
  }
  const root = cacheRoot(environment, platform);
  await makeRoot(root);
  const name = installationName(version, platform, gpu);
  // What the lock guards is right without it; it saves double work, and what another process has begun.
  return withLock(
    join(root, `.${name}.lock`),
    ({ lost }) => {
      const stop = signal === undefined ? lost : AbortSignal.any([signal, lost]);
      return installInto(
        join(root, name),
        { ...work, options: { ...options, signal: stop } },
        given,
        version,
      );
    },
    {
      signal,
      silence,
      waiting: ({ holder }) =>
        options.progress?.({
          stage: 'waiting',
          done: 0,
          total: null,
          what: holder ? holderText(holder) : 'a process',
        }),
    },
  );
}

/**
 * Puts TensorFlow's library into this package's cache: gets the wheel with the machine's own pip (or uv), unpacks
 * the libraries and nothing else, checks each against the SHA-256 in the wheel's RECORD, and moves the whole into
 * place in one step. Interrupted, it leaves nothing; run twice at once, the second waits for the first. Nothing is
 * installed into Python.
 *
 * @throws OverparamError `pip-missing`, `download-failed`, `disk-full`, `wrong-hash`, `record-missing`,
 *   `wheel-truncated`, `wheel-invalid`, `wrong-architecture`, `library-too-old`, `version-mismatch`,
 *   `cache-unwritable`, `unsupported-platform`, `gpu-unavailable`, `interrupted`
 * @example
 * const { version, folder } = await installLibrary();
 * console.log(version); // 2.21.0
 */
export async function installLibrary(options: InstallOptions = {}): Promise<Installed> {
  try {
    return await installed(options);
  } catch (error) {
    if (options.signal?.aborted && !isOverparamError(error)) {
      throw new OverparamError(
        'interrupted',
        'Stopped; nothing is left behind. The same command starts anew.',
      );
    }
    if (isDiskFull(error)) {
      const needed = options.gpu ? room.gpu : room.plain;
      throw new OverparamError('disk-full', `The disk is full: ${needed} ${moreRoom}`, { cause: error });
    }
    throw error;
  }
}
