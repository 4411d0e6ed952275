import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import type { OpenDataset } from '@overparam/plugin';
import type { TrainingPlan } from '@overparam/training';
import { z } from 'zod';
import { contentHashes, type HashOptions, type SplitHash } from './content-hash';
import { checkedRecord, parseJson } from './record';

/** What data a run reads: stands in its `data.json`, and in each checkpoint. */
export interface DataRecord {
  /** See `contentHashes`. */
  readonly splits: Readonly<Record<string, SplitHash>>;
  /** How the data was obtained, in the dataset's own words. */
  readonly provenance: string;
}

/** Form of a {@link DataRecord}. */
export const dataRecordSchema: z.ZodType<DataRecord> = z.strictObject({
  splits: z.record(
    z.string(),
    z.strictObject({ examples: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  provenance: z.string(),
});

const name = 'data.json';

/** What data a planned run reads; reads all of it. */
export async function dataRecordOf(
  dataset: OpenDataset,
  sizes: TrainingPlan['sizes'],
  options?: HashOptions,
): Promise<DataRecord> {
  return { splits: await contentHashes(dataset, sizes, options), provenance: dataset.provenance };
}

/**
 * What a run folder says of its data; null where it says nothing.
 *
 * @throws OverparamError `run-damaged`
 */
export async function readDataRecord(folder: string): Promise<DataRecord | null> {
  const file = join(resolve(folder), name);
  if (!existsSync(file)) return null;
  const where = `${folder}/${name}`;
  return checkedRecord(dataRecordSchema, parseJson(await readFile(file, 'utf8'), where), where);
}

/** Writes down what data a run reads. */
export async function writeDataRecord(folder: string, record: DataRecord): Promise<void> {
  await writeFileAtomic(join(folder, name), `${JSON.stringify(record, null, 2)}\n`);
}

/** Splits whose content is not the same, of those that both name. */
export function differingSplits(
  before: DataRecord['splits'],
  now: Readonly<Record<string, SplitHash>>,
): string[] {
  return Object.keys(now).filter((split) => before[split]?.sha256 !== now[split]!.sha256);
}

/**
 * Refuses to go on with a run on other data than it began with.
 *
 * @param folder  as the user wrote it
 * @throws OverparamError `data-differs`
 */
export function refuseOtherData(folder: string, before: DataRecord, now: DataRecord): void {
  const [split] = differingSplits(before.splits, now.splits);
  if (split === undefined) return;
  const short = (sha256: string | undefined) => sha256?.slice(0, 12) ?? 'nothing';
  throw new OverparamError(
    'data-differs',
    `The run in "${folder}" began with other data: the content of its split "${split}" has the SHA-256 ${short(before.splits[split]?.sha256)}… ` +
      `(${before.provenance}), and now ${short(now.splits[split]?.sha256)}… (${now.provenance}). ` +
      'Go on with the data that it began with, by --data-dir for example, or choose another --out.',
  );
}
