import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@overparam/files';
import type { FigureSpec } from '@overparam/report';
import { z } from 'zod';
import { checkedRecord, parseJson } from './record';
import { figureSchema } from './record-schemas';

/** What is known of a run before its first update: stands in its `about.json`, for those who watch it. */
export interface RunAbout {
  readonly updates: number;
  readonly epochs: number;
  readonly trainImages: number;
  readonly testImages: number;
  /** The tasks' figures, in the order of tables. */
  readonly metrics: readonly FigureSpec[];
  /** Names of the classes by task, where tasks have some. */
  readonly classNames: Readonly<Record<string, readonly string[]>>;
  readonly parameters: { readonly expanded: number; readonly plain: number };
  /** How the data was obtained, in the dataset's own words. */
  readonly provenance: string;
  /** Of the software that trains it, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

const count = z.int().min(0);

/** Form of a {@link RunAbout}. */
const runAboutSchema: z.ZodType<RunAbout> = z.strictObject({
  updates: count,
  epochs: count,
  trainImages: count,
  testImages: count,
  metrics: z.array(figureSchema),
  classNames: z.record(z.string(), z.array(z.string())),
  parameters: z.strictObject({ expanded: count, plain: count }),
  provenance: z.string(),
  versions: z.record(z.string(), z.string()),
});

const name = 'about.json';

/** Writes down what is known of a run before its first update. */
export async function writeRunAbout(folder: string, about: RunAbout): Promise<void> {
  await writeFileAtomic(join(folder, name), `${JSON.stringify(about, null, 2)}\n`);
}

/**
 * What a run folder says of the run before its first update; null where it says nothing yet, or an earlier version wrote it.
 *
 * @throws OverparamError `run-damaged`
 */
export async function readRunAbout(folder: string): Promise<RunAbout | null> {
  const file = join(resolve(folder), name);
  if (!existsSync(file)) return null;
  const where = `${folder}/${name}`;
  return checkedRecord(runAboutSchema, parseJson(await readFile(file, 'utf8'), where), where);
}
