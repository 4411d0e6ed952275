import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@overparam/files';

export { writeFileAtomic as writeAtomically };

/** Adds one line of JSON to a file. */
export async function appendLine(file: string, line: object): Promise<void> {
  await appendFile(file, `${JSON.stringify(line)}\n`);
}

/** Replaces a `.jsonl` file as a whole. */
export async function writeLines(file: string, lines: readonly object[]): Promise<void> {
  await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Whether a folder holds a run. */
export function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, 'config.yaml'));
}

/** Makes the folder; true when it holds nothing yet. */
export async function prepareFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  return (await readdir(folder)).every((name) => name.startsWith('.') || name === 'lock');
}
