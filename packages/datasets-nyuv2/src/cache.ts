import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { isWritableFolder, writeFileAtomic } from '@overparam/files';
import type { DatasetContext } from '@overparam/plugin';
import { checkTasks } from './check-scene';
import { folderOf } from './locate';
import type { NyuOptions } from './options';
import { encodeRecord, formatFor, type RecordFormat, recordLayout } from './record';
import { resizeScene } from './resize';
import type { OfficialSplit } from './scene';
import { checkCounts, checkedScenes } from './scenes';
import type { SceneSource } from './source';
import { collectStatistics, type Statistics } from './statistics';
import type { Store } from './store';

/** The header's bytes: JSON, filled up with spaces. */
const headerBytes = 4096;
/** Raised when records or header change. */
const version = 1;

interface Header {
  readonly cache: 'overparam-nyuv2';
  readonly version: number;
  readonly identity: string;
  readonly count: number;
  readonly format: RecordFormat;
  readonly statistics: Statistics;
}

/**
 * The split's scenes, checked, resized and kept in one file of records of equal size. A file from an earlier start is used
 * if it was made from the same files with the same options.
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
  const kept = await readHeader(join(own, name), identity);
  const path = join(kept ? own : await cacheFolder(own, options, context), name);
  const header =
    kept ??
    (await readHeader(path, identity)) ??
    (await build(path, identity, source, split, options, context));
  const { count, format, statistics } = header;
  return { store: { count, format, place: { path, start: headerBytes } }, statistics };
}

/** All that decides what a cache holds. */
function identityOf(source: SceneSource, split: OfficialSplit, options: NyuOptions): string {
  const { size, tasks, precision, unlabelled, scenes } = options;
  const content = {
    version,
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

/** The header of a whole cache with this identity; null where there is none. */
async function readHeader(path: string, identity: string): Promise<Header | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const bytes = Buffer.alloc(headerBytes);
    await file.read(bytes, 0, headerBytes, 0);
    const header = JSON.parse(bytes.toString('utf8')) as Header;
    if (header.cache !== 'overparam-nyuv2' || header.version !== version || header.identity !== identity)
      return null;
    const size = headerBytes + header.count * recordLayout(header.format).bytes;
    return (await file.stat()).size === size ? header : null;
  } catch {
    // Not a cache of this package, or cut off: it is made anew.
    return null;
  } finally {
    await file.close();
  }
}

async function build(
  path: string,
  identity: string,
  source: SceneSource,
  split: OfficialSplit,
  options: NyuOptions,
  context: DatasetContext,
): Promise<Header> {
  await checkCounts(source, options);
  const statistics = collectStatistics();
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
        await file.write(record, 0, record.length, headerBytes + count * record.length);
        count++;
      }
      const header = finish(identity, count, format, statistics.result(), split);
      checkTasks(options.tasks, header.statistics.labelled, `${source.title}, split ${split}`);
      const bytes = Buffer.alloc(headerBytes, ' ');
      bytes.write(JSON.stringify(header));
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

function finish(
  identity: string,
  count: number,
  format: RecordFormat | null,
  statistics: Statistics,
  split: OfficialSplit,
): Header {
  if (format === null)
    throw new OverparamError('data-count', `NYUv2: there are no scenes of the split ${split}.`);
  return { cache: 'overparam-nyuv2', version, identity, count, format, statistics };
}
