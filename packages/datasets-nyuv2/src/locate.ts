import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { FindSource, SceneSource, SourceName } from './source';
import { findArchive } from './source-archive';
import { findFolders } from './source-folders';
import { findMat, labelledFile } from './source-mat';
import { findParquet } from './source-parquet';

const finders: Readonly<Record<SourceName, FindSource>> = {
  folders: findFolders,
  archive: findArchive,
  mat: findMat,
  parquet: findParquet,
};

/** The dataset's folder under `--data-dir`. */
export function folderOf(dataDir: string): string {
  return join(dataDir, 'nyuv2');
}

/**
 * Finds and opens the data, in the order: folders, parquet mirror, official file, archive; in the dataset's folder or in a folder
 * `nyuv2` inside it.
 *
 * @throws OverparamError `data-missing`, with where it looked and what to do
 */
export async function locate(dataDir: string, wanted: SourceName | 'auto'): Promise<SceneSource> {
  const folder = folderOf(dataDir);
  const order: readonly SourceName[] =
    wanted === 'auto' ? ['folders', 'parquet', 'mat', 'archive'] : [wanted];
  for (const name of order) {
    for (const place of [folder, join(folder, 'nyuv2')]) {
      const source = await finders[name](place);
      if (source !== null) return source;
    }
  }
  const there = (await stat(folder).catch(() => null)) === null ? ' (there is no such folder)' : '';
  throw new OverparamError(
    'data-missing',
    `NYUv2: no data found in ${folder}${there}. Looked for ${order.map((name) => descriptions[name]).join('; ')}. ` +
      `Download it with: overparam data get nyuv2 --data-dir ${dataDir} - or use the dataset nyuv2-sample, which needs no download.`,
  );
}

const descriptions: Readonly<Record<SourceName, string>> = {
  folders: 'the folders train and val with image/<n>.npy and so on',
  archive: 'a .tar, .tar.gz or .tar.xz archive of them',
  mat: labelledFile,
  parquet: 'train-*.parquet and val-*.parquet',
};
