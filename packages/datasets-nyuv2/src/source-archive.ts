import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readGzip, readTar, type TarEntry, unpackXz } from '@overparam/dataset-files';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { type NumberedFiles, numberedFiles } from './numbered-files';
import type { FindSource } from './source';

/** A larger archive is better unpacked on disk. */
const mostBytes = 2 ** 31 - 1;

/**
 * A tar archive of the pre-processed layout (`.tar`, `.tar.gz` or `.tar.xz`), the only one in the folder. It is
 * unpacked in memory, when its scenes are first asked for.
 */
export const findArchive: FindSource = async (folder) => {
  const found = (await readdir(folder).catch(() => [])).filter((name) =>
    /\.(tar|tar\.gz|tgz|tar\.xz)$/.test(name),
  );
  if (found.length === 0) return null;
  if (found.length > 1) {
    throw new OverparamError(
      'data-format',
      `${folder}: holds ${found.length} archives (${found.sort().join(', ')}); leave the one to be read, or unpack it there.`,
    );
  }
  const path = join(folder, found[0]!);
  const { size, mtimeMs } = await stat(path);
  let unpacked: ReturnType<typeof unpack> | null = null;
  const content = () => {
    unpacked ??= unpack(path);
    return unpacked;
  };
  return {
    title: `NYUv2, pre-processed .npy files in ${path}`,
    fingerprint: createHash('sha256').update(`${found[0]} ${size} ${mtimeMs}`).digest('hex'),
    counts: async () => (await content()).files.counts,
    async scene(split, index) {
      const { files, bytes } = await content();
      return files.scene(split, index, async (name) => bytes.get(name)!);
    },
    async close() {
      unpacked = null;
    },
  };
};

async function unpack(path: string): Promise<{ files: NumberedFiles; bytes: Map<string, Uint8Array> }> {
  const entries = await entriesOf(path);
  // The layout's root is the folder that `train/image` lies in.
  const first = entries.find(({ name }) => /(^|\/)(train|val)\/image\/[^/]+\.npy$/.test(name));
  const root = first === undefined ? '' : first.name.replace(/(train|val)\/image\/[^/]+$/, '');
  const bytes = new Map<string, Uint8Array>();
  for (const entry of entries)
    if (entry.name.startsWith(root)) bytes.set(entry.name.slice(root.length), entry.bytes);
  const files = numberedFiles([...bytes.keys()], path);
  if (files === null) {
    throw new OverparamError(
      'data-format',
      `${path}: holds no train/image/<n>.npy; expected the pre-processed layout.`,
    );
  }
  return { files, bytes };
}

async function entriesOf(path: string): Promise<TarEntry[]> {
  try {
    return await readTar(await tarOf(path), { what: path, limit: mostBytes });
  } catch (error) {
    if (!isOverparamError(error)) throw error;
    const { code, message } = error;
    throw new OverparamError(code, `${message} Get the archive again, or unpack it there.`, { cause: error });
  }
}

/** The tar archive: in pieces as it is read, but for xz, which is unpacked as a whole. */
async function tarOf(path: string): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (path.endsWith('.tar')) return createReadStream(path, { highWaterMark: 1 << 18 });
  if (path.endsWith('.xz')) return unpackXz(await readFile(path), { limit: mostBytes }, path);
  return readGzip(path);
}
