import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { checkLibraryFile } from './header';
import type { Platform } from './platform';
import { assertVersion, compareVersions, defaultVersion, versionOfFolder } from './version';

/** Where a library was found, in the order of looking. */
export type LibrarySource = 'environment' | 'cache' | 'python' | 'tfjs-node';

/** A library that can be loaded. */
export interface LocatedLibrary {
  /** Full path of libtensorflow_framework. */
  readonly framework: string;
  /** Full path of libtensorflow_cc, or of the stand-alone libtensorflow. */
  readonly library: string;
  /** Such as `2.21.0`, or `unknown` where only loading it tells. */
  readonly version: string;
  readonly source: LibrarySource;
  /** What this one cannot do or was not tried with, a sentence each; empty for the tested version. */
  readonly lacks: readonly string[];
}

/** A place that was looked at, and what is there. */
export interface Finding {
  readonly source: LibrarySource;
  readonly folder: string;
  /** Such as `2.21.0`; null where nothing tells it without loading. */
  readonly version: string | null;
  /** Bytes of both libraries; 0 where they are not there. */
  readonly bytes: number;
  /** Null where it cannot be used; then `problem` says why. */
  readonly located: LocatedLibrary | null;
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** What a library of this version and form is not known to do. */
function lacksOf(source: LibrarySource, version: string | null, standAlone: boolean): string[] {
  const lacks: string[] = [];
  if (version !== null && compareVersions(version, defaultVersion) !== 0) {
    lacks.push(
      `This package is measured with TensorFlow ${defaultVersion}; ${version} may be slower, or lack an operation.`,
    );
  }
  if (standAlone) lacks.push('It is the stand-alone C library, which was not tried.');
  if (source === 'tfjs-node') {
    lacks.push(
      'With GPU support it needs CUDA 11.2 and cuDNN 8.1, which newer GPUs (Hopper) do not run with.',
    );
  }
  return lacks;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** The two libraries in a folder, by either name. @throws OverparamError `library-missing` */
export async function librariesIn(
  folder: string,
  platform: Platform,
): Promise<{ readonly framework: string; readonly library: string; readonly standAlone: boolean }> {
  // A folder itself, the site-packages that holds a wheel's, or the C library's archive.
  for (const place of [folder, join(folder, 'tensorflow'), join(folder, 'lib')]) {
    const framework = join(place, platform.framework);
    if (!(await exists(framework))) continue;
    for (const name of [platform.library, platform.standAlone]) {
      const library = join(place, name);
      if (await exists(library)) return { framework, library, standAlone: name === platform.standAlone };
    }
  }
  const there = await stat(folder).then(
    (found) => (found.isDirectory() ? 'holds neither' : 'is not a folder, and has not'),
    () => 'does not exist, so it has not',
  );
  throw new OverparamError(
    'library-missing',
    `${folder} ${there} ${platform.framework} and ${platform.library}.`,
  );
}

/**
 * Looks at one folder without loading anything.
 *
 * @param known  its version, where that is known
 */
export async function examine(
  source: LibrarySource,
  folder: string,
  platform: Platform,
  known: string | null = null,
): Promise<Finding> {
  let version = known;
  let bytes = 0;
  try {
    const { framework, library, standAlone } = await librariesIn(folder, platform);
    version ??= await versionOfFolder(join(library, '..'));
    for (const file of [framework, library]) bytes += await checkLibraryFile(file, platform);
    if (version !== null) assertVersion(version, folder);
    const lacks = lacksOf(source, version, standAlone);
    const located = { framework, library, version: version ?? 'unknown', source, lacks };
    return { source, folder, version, bytes, located, problem: null };
  } catch (error) {
    const code = isOverparamError(error) ? error.code : 'library-invalid';
    const problem = { code, message: (error as Error).message };
    return { source, folder, version, bytes, located: null, problem };
  }
}
