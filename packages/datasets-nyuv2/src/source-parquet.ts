import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Numbers } from '@overparam/dataset-files';
import { OverparamError } from '@overparam/errors';
import { checkSnappy } from './check-snappy';
import { channelsLast } from './numbers';
import { folderOfSplit, type OfficialSplit } from './scene';
import type { FindSource } from './source';

/** The mirror's columns, by what they hold. */
const columns = { image: 'image', segmentation: 'segmentation', depth: 'depth', normals: 'normal' } as const;
type Part = keyof typeof columns;

interface Group {
  readonly path: string;
  readonly firstRow: number;
  readonly rows: number;
  /** Scenes of the split before this group. */
  readonly before: number;
}

/**
 * The mirror of the pre-processed data as parquet files, channels first:
 * https://huggingface.co/datasets/tanganke/nyuv2. Files `train-*.parquet` and `val-*.parquet`, in the folder
 * or in `data` inside it.
 */
export const findParquet: FindSource = async (folder) => {
  for (const root of [folder, join(folder, 'data')]) {
    const names = (await readdir(root).catch(() => []))
      .filter((name) => /^(train|val)-.*\.parquet$/.test(name))
      .sort();
    if (names.length > 0) return open(root, names);
  }
  return null;
};

async function open(root: string, names: readonly string[]) {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import('hyparquet');
  const groups: Record<OfficialSplit, Group[]> = { train: [], test: [] };
  const counts = { train: 0, test: 0 };
  const hash = createHash('sha256');
  for (const name of names) {
    const path = join(root, name);
    const { size, mtimeMs } = await stat(path);
    hash.update(`${name} ${size} ${mtimeMs}\n`);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path)).catch((cause: Error) => {
      throw new OverparamError('data-format', `${path}: is no sound parquet file (${cause.message}).`, {
        cause,
      });
    });
    const split: OfficialSplit = name.startsWith(`${folderOfSplit.train}-`) ? 'train' : 'test';
    let firstRow = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      groups[split].push({ path, firstRow, rows, before: counts[split] });
      firstRow += rows;
      counts[split] += rows;
    }
  }
  checkShards(root, names);
  let current: { readonly group: Group; readonly parts: Record<Part, (Numbers | null)[]> } | null = null;
  return {
    title: `NYUv2, the parquet mirror of the pre-processed data in ${root}`,
    fingerprint: hash.digest('hex'),
    counts: async () => counts,
    async scene(split: OfficialSplit, index: number) {
      const group = groups[split].find(({ before, rows }) => index >= before && index < before + rows)!;
      // A group is decoded as a whole, so it is kept until another one is asked for.
      if (current?.group !== group) current = { group, parts: await readGroup(group) };
      const row = index - group.before;
      const { parts } = current;
      const name = (part: Part) => `${group.path}, row ${group.firstRow + row}: ${columns[part]}`;
      const image = parts.image[row];
      if (!image) throw new OverparamError('data-missing', `${name('image')}: is missing.`);
      return {
        image,
        segmentation: parts.segmentation[row] ?? null,
        depth: parts.depth[row] ?? null,
        normals: parts.normals[row] ?? null,
        names: {
          image: name('image'),
          segmentation: name('segmentation'),
          depth: name('depth'),
          normals: name('normals'),
        },
      };
    },
    async close() {
      current = null;
    },
  };
}

/** Names such as `train-00003-of-00008.parquet` say how many there should be. */
function checkShards(root: string, names: readonly string[]): void {
  for (const name of names) {
    const [, prefix, , total] = /^(\w+)-(\d+)-of-(\d+)/.exec(name) ?? [];
    if (total === undefined) continue;
    const found = names.filter((other) => other.startsWith(`${prefix}-`)).length;
    if (found === Number(total)) continue;
    throw new OverparamError(
      'data-missing',
      `${root}: holds ${found} of ${Number(total)} files ${prefix}-*.parquet. Get the rest with: overparam data get nyuv2`,
    );
  }
}

/** Decompresses a page, once it is known to hold what it claims. */
const checked = (decompress: (input: Uint8Array, output: Uint8Array) => void) => {
  return (input: Uint8Array, length: number): Uint8Array => {
    checkSnappy(input, length);
    const output = new Uint8Array(length);
    decompress(input, output);
    return output;
  };
};

async function readGroup(group: Group): Promise<Record<Part, (Numbers | null)[]>> {
  const { asyncBufferFromFile, parquetReadObjects, snappyUncompress } = await import('hyparquet');
  const compressors = { SNAPPY: checked(snappyUncompress) };
  const parts: Record<Part, (Numbers | null)[]> = { image: [], segmentation: [], depth: [], normals: [] };
  const file = await asyncBufferFromFile(group.path);
  for (const part of Object.keys(columns) as Part[]) {
    const column = columns[part];
    const range = { rowStart: group.firstRow, rowEnd: group.firstRow + group.rows };
    // One column at a time: as nested lists the numbers take several times their own memory.
    const rows = await parquetReadObjects({ file, columns: [column], compressors, ...range }).catch(
      (cause: Error) => {
        throw new OverparamError(
          'data-format',
          `${group.path}: the column "${column}" cannot be read (${cause.message}).`,
          { cause },
        );
      },
    );
    parts[part] = rows.map((row) => {
      const value = row[column];
      if (value === null || value === undefined) return null;
      const numbers = flatten(value, `${group.path}: ${column}`);
      return numbers.shape.length === 3 ? channelsLast(numbers) : numbers;
    });
  }
  return parts;
}

/** Nested lists of equal lengths to one array. */
function flatten(value: unknown, what: string): Numbers {
  const shape: number[] = [];
  for (let level: unknown = value; isList(level); level = level[0]) shape.push(level.length);
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let at = 0;
  const fill = (list: unknown, depth: number): void => {
    if (!isList(list) || list.length !== shape[depth]) {
      throw new OverparamError('data-shape', `${what}: a row is no array of shape [${shape.join(', ')}].`);
    }
    if (depth < shape.length - 1) for (const inner of list) fill(inner, depth + 1);
    else for (let i = 0; i < list.length; i++) data[at++] = Number(list[i] ?? Number.NaN);
  };
  fill(value, 0);
  return { shape, data };
}

function isList(value: unknown): value is ArrayLike<unknown> & Iterable<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
