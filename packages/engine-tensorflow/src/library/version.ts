import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';

/** The version that is installed unless another is asked for: the one that this package is tested with. */
export const defaultVersion = '2.21.0';

/**
 * The oldest version that is taken. tfjs-core's specs passed with the code of 2.9.1 (out of Python's extension, whose
 * wheel has no library for C), 2.12.1, 2.13.1, 2.14.0 and 2.21.0; older ones were not tried.
 */
export const minimumVersion = '2.9.1';

/** The oldest version whose wheels hold the library: 2.11.1 does not, 2.12.1 does. */
export const oldestWheel = '2.12.0';

/** Compares two versions by their numbers: below 0 where `first` is older. Suffixes such as `rc1` do not count. */
export function compareVersions(first: string, second: string): number {
  const numbers = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(first), numbers(second)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * @param version  of TensorFlow, such as `2.21.0`
 * @param where    the file or folder that has it, for the message
 * @throws OverparamError `library-too-old`
 */
export function assertVersion(version: string, where: string): void {
  if (compareVersions(version, minimumVersion) >= 0) return;
  throw new OverparamError(
    'library-too-old',
    `TensorFlow ${version} in ${where} is too old: ${minimumVersion} or newer is needed.`,
  );
}

async function textOf(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}

/** The version that the headers of a wheel's `tensorflow` folder give. */
async function headerVersion(folder: string): Promise<string | null> {
  const include = join(folder, 'include', 'tensorflow', 'core', 'public');
  // Older wheels have the numbers in version.h, newer ones in release_version.h.
  for (const name of ['release_version.h', 'version.h']) {
    const text = await textOf(join(include, name));
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => text?.match(new RegExp(`#define TF_${part}_VERSION (\\d+)`))?.[1],
    );
    if (parts.every((part) => part !== undefined)) return parts.join('.');
  }
  return null;
}

/**
 * The version of the TensorFlow whose libraries lie in `folder`, from the files around them and without loading
 * anything: the headers in it, or the `.dist-info` folder that Python's installers leave beside it.
 *
 * @returns null where nothing there tells it
 */
export async function versionOfFolder(folder: string): Promise<string | null> {
  const fromHeader = await headerVersion(folder);
  if (fromHeader !== null) return fromHeader;
  if (basename(folder) !== 'tensorflow') return null;
  const beside = await readdir(dirname(folder)).catch((): string[] => []);
  const versions = beside.flatMap(
    (name) => name.match(/^tensorflow(?:_cpu|_gpu|_macos|_cpu_aws|_intel)?-(\d[^-]*)\.dist-info$/)?.[1] ?? [],
  );
  // Two of them contradict each other; asking the library itself is better than guessing.
  return versions.length === 1 ? versions[0]! : null;
}
