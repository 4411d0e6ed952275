import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checksum, digestOf, download, readText } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import type { DatasetContext } from '@overparam/plugin';
import * as z from 'zod';
import { folderOf } from './locate';
import type { NyuOptions } from './options';
import { labelledFile } from './source-mat';

/** A file to be fetched: where from, and its path in the dataset's folder. */
export interface RemoteFile {
  readonly url: string;
  readonly path: string;
  readonly bytes: number;
  readonly checksum: Checksum;
}

/** Where the forms that can be downloaded are published. */
export const publishedAt: Readonly<Record<NyuOptions['download'], string>> = {
  parquet: 'https://huggingface.co',
  mat: 'http://horatio.cs.nyu.edu/mit/silberman',
};

/** Downloads the form that the options name; files that are there and sound are left as they are. */
export async function get(options: NyuOptions, context: DatasetContext): Promise<void> {
  const base = (options.url ?? publishedAt[options.download]).replace(/\/$/, '');
  const files = options.download === 'mat' ? [officialFile(base)] : await mirrorFiles(base, context.signal);
  await fetchFiles(files, context);
}

function officialFile(base: string): RemoteFile {
  return {
    url: `${base}/nyu_depth_v2/${labelledFile}`,
    path: labelledFile,
    bytes: 2_972_037_809,
    checksum: { algorithm: 'md5', hex: '520609c519fba3ba5ac58c8fefcc3530' },
  };
}

/** The mirror's largest file has half a gigabyte; its listing a few kilobytes. */
const mostBytes = 2 ** 32;
const mostListed = 2 ** 20;

/** What the mirror's listing says of a file: https://huggingface.co/docs/hub/api */
const listed = z.object({
  type: z.literal('file'),
  path: z.string().regex(/^data\/(train|val)-[\w-]+\.parquet$/),
  size: z.int().min(1).max(mostBytes),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/) }),
});

/** The mirror's parquet files with their sums, from its own listing. */
export async function mirrorFiles(base: string, signal?: AbortSignal): Promise<RemoteFile[]> {
  const address = `${base}/api/datasets/tanganke/nyuv2/tree/main/data`;
  const fail = (problem: string, cause?: unknown) =>
    new OverparamError(
      'data-download',
      `${address}: ${problem}. Run it again, name a mirror with the option url, or take the official file with download: mat.`,
      { cause },
    );
  let listing: unknown;
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    listing = JSON.parse(await readText(response, mostListed));
  } catch (cause) {
    if (signal?.aborted)
      throw new OverparamError('aborted', 'The download was stopped; run it again to go on.', { cause });
    const { message, cause: inner } = cause as Error;
    throw fail(inner instanceof Error ? `${message}: ${inner.message}` : message, cause);
  }
  const entries = Array.isArray(listing) ? listing.map((entry) => listed.safeParse(entry)) : [];
  const files = entries.flatMap((entry) => (entry.success ? [entry.data] : []));
  for (const split of ['train', 'val']) {
    if (!files.some(({ path }) => path.startsWith(`data/${split}-`)))
      throw fail(`lists no parquet file of "${split}"`);
  }
  return files.map(({ path, size, lfs }) => ({
    url: `${base}/datasets/tanganke/nyuv2/resolve/main/${path}`,
    path,
    bytes: size,
    checksum: { algorithm: 'sha256', hex: lfs.oid },
  }));
}

/** Fetches files one after the other into the dataset's folder. */
export async function fetchFiles(files: readonly RemoteFile[], context: DatasetContext): Promise<void> {
  for (const [index, { url, path, bytes, checksum }] of files.entries()) {
    const target = join(folderOf(context.dataDir), path);
    const present = (await stat(target).catch(() => null)) !== null;
    if (present && (await digestOf(target, checksum.algorithm)) === checksum.hex) continue;
    await download({
      url,
      target,
      checksum,
      limit: bytes,
      signal: context.signal,
      progress: (done, total) =>
        context.progress?.(done, total, `downloading ${path} (${index + 1} of ${files.length})`),
    });
  }
}
