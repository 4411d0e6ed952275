import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { isWritableFolder, writeFileAtomic } from '@overparam/files';
import type { DatasetContext } from '@overparam/plugin';
import { type CacheHeader, cacheSum, cacheVersion, findCache, headerBytes } from './cache-file';
import { checkTasks } from './check-scene';
import { folderOf } from './locate';
import type { NyuOptions } from './options';
import { encodeRecord, formatFor, type RecordFormat } from './record';
import { resizeScene } from './resize';
import type { OfficialSplit } from './scene';
import { checkCounts, checkedScenes } from './scenes';
import type { SceneSource } from './source';
import { collectStatistics, type Statistics } from './statistics';
import type { Store } from './store';

/**
 * The split's scenes, checked, resized and kept in one file of records of equal size. A file from an earlier start is used
 * if it was made from the same files with the same options, and is as it was written: its checksum covers every byte. One
 * that is damaged is made again, which the context is told.
 */
export async function cachedSplit(
  source: SceneSource,
  split: OfficialSplit,
  options: NyuOptions,
  context: DatasetContext,
): Promise<{ readonly store: Store; readonly statistics: Statistics }> {
  const identity = identityOf(source, split, options);
  const [height, width] = options.size;
  const name = `${split}-${height}x${width}-${options.precision}-${identity.slice(0, 12)}.cache`;
  const own = options.cache ?? join(folderOf(context.dataDir), 'cache');
  // One that was made before its folder became read-only is as good as ever.
  const kept = await soundHeader(join(own, name), identity, split, context);
  const path = join(kept ? own : await cacheFolder(own, options, context), name);
  const other = kept === null && path !== join(own, name);
  const header =
    kept ??
    (other ? await soundHeader(path, identity, split, context) : null) ??
    (await build(path, identity, source, split, options, context));
  const { count, format, statistics } = header;
  return { store: { count, format, place: { path, start: headerBytes } }, statistics };
}

/** All that decides what a cache holds. */
function identityOf(source: SceneSource, split: OfficialSplit, options: NyuOptions): string {
  const { size, tasks, precision, unlabelled, scenes } = options;
  const content = {
    version: cacheVersion,
    source: source.fingerprint,
    split,
    limit: options.limit[split],
    scenes,
    size,
    tasks: [...tasks].sort(),
    precision,
    unlabelled,
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** The folder that the options name, or one in the dataset's; in the system's temporary folder where that is read-only. */
async function cacheFolder(own: string, options: NyuOptions, context: DatasetContext): Promise<string> {
  const writable =
    options.cache !== undefined ||
    ((await isWritableFolder(folderOf(context.dataDir))) &&
      (!existsSync(own) || (await isWritableFolder(own))));
  const folder = writable ? own : join(tmpdir(), 'overparam-nyuv2');
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new OverparamError(
      'cache-folder',
      `The folder ${folder} cannot be made (${(cause as Error).message}). Name another one with the option cache.`,
      { cause },
    );
  });
  return folder;
}

/** The header of a sound cache with this identity; null where there is none. */
async function soundHeader(
  path: string,
  identity: string,
  split: OfficialSplit,
  { signal, progress, note = (text) => process.emitWarning(text) }: DatasetContext,
): Promise<CacheHeader | null> {
  const found = await findCache(path, identity, signal, (done, total) =>
    progress?.(done, total, `checking the kept ${split} scenes of nyuv2`),
  );
  if (found.kind === 'damaged') note(`The cache ${path} is damaged (${found.problem}); it is made again.`);
  return found.kind === 'sound' ? found.header : null;
}

async function build(
  path: string,
  identity: string,
  source: SceneSource,
  split: OfficialSplit,
  options: NyuOptions,
  context: DatasetContext,
): Promise<CacheHeader> {
  await checkCounts(source, options);
  const statistics = collectStatistics();
  const sum = cacheSum();
  let format: RecordFormat | null = null;
  let count = 0;
  try {
    return await writeFileAtomic(path, async (file) => {
      for await (const stored of checkedScenes(source, split, options, context)) {
        statistics.add(stored);
        const scene = resizeScene(stored, ...options.size);
        const own = formatFor(scene, options.precision);
        format ??= own;
        if (own.image === 'f32' && format.image === 'u8') {
          throw new OverparamError(
            'data-format',
            `${source.title}: scene ${count} of the split ${split} has an image of floats, and the ones before it have images of bytes, to which it would be rounded in spite of precision: float32. Convert them to one type, or set precision: compact.`,
          );
        }
        if (own.normals !== format.normals && scene.normals !== null) {
          throw new OverparamError(
            'data-format',
            `${source.title}: scene ${count} of the split ${split} has normals of another type than the ones before it. Convert them to one type.`,
          );
        }
        const record = encodeRecord(scene, format);
        sum.add(record);
        await file.write(record, 0, record.length, headerBytes + count * record.length);
        count++;
      }
      if (format === null)
        throw new OverparamError('data-count', `NYUv2: there are no scenes of the split ${split}.`);
      const { header, bytes } = sum.close({ identity, count, format, statistics: statistics.result() });
      checkTasks(options.tasks, header.statistics.labelled, `${source.title}, split ${split}`);
      await file.write(bytes, 0, headerBytes, 0);
      return header;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new OverparamError(
      'cache-folder',
      `${dirname(path)}: the disk is full after ${count} scenes. Free some space, or name another folder with the option cache.`,
      { cause: error },
    );
  }
}
