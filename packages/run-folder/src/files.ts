import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '@overparam/files';

/** Adds one line of JSON to a file. */
export async function appendLine(file: string, line: object): Promise<void> {
  await appendFile(file, `${JSON.stringify(line)}\n`);
}

/** Adds lines of JSON to a file; without any, none is made. */
export async function appendLines(file: string, lines: readonly object[]): Promise<void> {
  if (lines.length > 0) await appendFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Replaces a `.jsonl` file as a whole. */
export async function writeLines(file: string, lines: readonly object[]): Promise<void> {
  await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Whether a folder holds a run. */
export function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, 'config.yaml'));
}

/**
 * Makes a folder and those that it is in, one by one: Node's own way of doing so says of a disk that can only be read that
 * there is no such folder, and never ends below `/proc`.
 *
 * @throws what the file system says of the first that cannot be made
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return;
  if (!found && dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!(await stat(path).catch(() => null))?.isDirectory()) throw error;
  }
}

/** Makes the folder; true when it holds nothing yet. */
export async function prepareFolder(folder: string): Promise<boolean> {
  await makeFolder(folder);
  return (await readdir(folder)).every((name) => name.startsWith('.') || name === 'lock');
}

/** The folders that {@link makeFolder} would make now, the innermost first. */
export function missingFolders(folder: string): string[] {
  const path = resolve(folder);
  if (existsSync(path) || dirname(path) === path) return [];
  return [path, ...missingFolders(dirname(path))];
}

/** Removes folders, given as {@link missingFolders} does, up to the first that is not empty. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const isRemoved = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!isRemoved) return;
  }
}
