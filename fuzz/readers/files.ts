import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A fixture of a package's tests. */
export function fixture(path: string): Promise<Buffer> {
  return readFile(new URL(`../../packages/${path}`, import.meta.url));
}

/** Writes an input where a reader of files finds it. */
export async function fileOf(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** What is wrong with an array as it was read: its numbers are not those that its shape says. */
export function checkArray(value: unknown): string | null {
  const { shape, data } = value as { readonly shape: readonly number[]; readonly data: ArrayLike<number> };
  const count = shape.reduce((product, size) => product * size, 1);
  return count === data.length ? null : `shape [${shape}] of ${data.length} numbers`;
}
