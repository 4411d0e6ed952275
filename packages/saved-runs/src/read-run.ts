import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkSaved, parseYaml, type RunConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import type { PictureLegend } from '@overparam/plugin';
import type { RunRecord, RunResult } from '@overparam/report';
import {
  checkedRecord,
  checkSeal,
  epochRecordSchema,
  epochTimingSchema,
  isRunFolder,
  isSeal,
  layerRecordSchema,
  legendSchema,
  parseJson,
  runResultSchema,
} from '@overparam/run-folder';
import type { EpochRecord, EpochTiming, LayerRecord } from '@overparam/training';
import type { z } from 'zod';

/** What a run folder holds, read. */
export interface RunFolder extends RunRecord {
  readonly config: RunConfig;
}

/**
 * The config of a run folder, complete.
 *
 * @throws OverparamError `run-missing` where the folder holds no run; `invalid-config`, `unknown-key` for a config that
 *   was changed into none
 */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  if (!isRunFolder(folder)) {
    throw new OverparamError(
      'run-missing',
      `"${folder}" is not a run folder: it has no config.yaml. Give the folder that "overparam train --out" wrote.`,
    );
  }
  const name = `${folder}/config.yaml`;
  return checkSaved(parseYaml(await readFile(join(resolve(folder), 'config.yaml'), 'utf8'), name), name);
}

/**
 * The result of a run folder; null while the run is not finished.
 *
 * @throws OverparamError `run-damaged`, `run-outdated`
 */
export async function readRunResult(folder: string): Promise<RunResult | null> {
  const file = join(resolve(folder), 'result.json');
  if (!existsSync(file)) return null;
  await checkSeal(folder);
  const value = parseJson(await readFile(file, 'utf8'), `${folder}/result.json`);
  const { collapsed } = Object(value) as { collapsed?: unknown };
  if (Object(collapsed) === collapsed && !('byTask' in (collapsed as object))) throw outdated(folder);
  return checkedRecord(runResultSchema, value, `${folder}/result.json`);
}

/**
 * Reads a run folder.
 *
 * @throws OverparamError `run-missing` where the folder holds no run, `run-outdated` where an earlier version wrote it,
 *   `run-damaged` where a file was changed into what none of this program's is
 */
export async function readRun(folder: string): Promise<RunFolder> {
  return { config: await readRunConfig(folder), ...(await readRunRecord(folder)) };
}

/**
 * Reads what a run came to, without its config.
 *
 * @throws OverparamError as {@link readRun}, but for what is wrong with the config
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  return {
    metrics: await readEpochs(folder),
    timings: await readLines(folder, 'timings.jsonl', epochTimingSchema),
    result: await readRunResult(folder),
  };
}

/**
 * What colours mean in the pictures of a run, by scene and task (`0-depth`); empty where the run saved none.
 *
 * @throws OverparamError `run-damaged`
 */
export async function readLegends(folder: string): Promise<ReadonlyMap<string, PictureLegend>> {
  const panels = join(resolve(folder), 'final', 'panels');
  const legends = new Map<string, PictureLegend>();
  if (!existsSync(panels)) return legends;
  for (const name of await readdir(panels)) {
    const picture = /^(\d+-.+)-legend\.json$/.exec(name)?.[1];
    if (picture === undefined) continue;
    const where = `${folder}/final/panels/${name}`;
    const value = parseJson(await readFile(join(panels, name), 'utf8'), where);
    legends.set(picture, checkedRecord(legendSchema, value, where));
  }
  return legends;
}

async function readEpochs(folder: string): Promise<EpochRecord[]> {
  return readLines(folder, 'metrics.jsonl', epochRecordSchema, (line) => {
    if ('trainLoss' in Object(line)) throw outdated(folder);
  });
}

/**
 * Refuses a folder that an earlier version wrote, before anything in it is written over.
 *
 * @throws OverparamError `run-outdated`
 */
export async function refuseEarlierForm(folder: string): Promise<void> {
  const file = join(resolve(folder), 'metrics.jsonl');
  if (!existsSync(file)) return;
  const [first = ''] = (await readFile(file, 'utf8')).split('\n');
  if (/^\{.*"trainLoss":/.test(first)) throw outdated(folder);
}

/**
 * Timings of the epochs before one; those of lines that are damaged are lost, as clock times are all that they hold.
 *
 * @param epochs  how many have been trained
 */
export async function soundTimings(folder: string, epochs: number): Promise<EpochTiming[]> {
  return soundLines(folder, 'timings.jsonl', epochTimingSchema, ({ epoch }) => epoch <= epochs);
}

/**
 * Records of a run's layers, in the order of their updates; none where it has none.
 *
 * @throws OverparamError `run-damaged`
 */
export async function readLayerRecords(folder: string): Promise<LayerRecord[]> {
  return readLines(folder, 'layers.jsonl', layerRecordSchema);
}

/**
 * Records of layers that a checkpoint knows of: what comes after it is made again, and so is a line that was cut off.
 *
 * @param updates  that the checkpoint has
 */
export async function soundLayerRecords(folder: string, updates: number): Promise<LayerRecord[]> {
  return soundLines(folder, 'layers.jsonl', layerRecordSchema, ({ update }) => update < updates);
}

/** Lines of a `.jsonl` file that a schema knows and that are wanted; others are passed over. */
async function soundLines<Line>(
  folder: string,
  name: string,
  schema: z.ZodType<Line>,
  isWanted: (line: Line) => boolean,
): Promise<Line[]> {
  const file = join(resolve(folder), name);
  if (!existsSync(file)) return [];
  return (await readFile(file, 'utf8')).split('\n').flatMap((text) => {
    try {
      const value: unknown = JSON.parse(text);
      return schema.safeParse(value).success && isWanted(value as Line) ? [value as Line] : [];
    } catch {
      return [];
    }
  });
}

/** Lines of a `.jsonl` file; none where there is no file. A last line that was cut off is left out. */
async function readLines<Line>(
  folder: string,
  name: string,
  schema: z.ZodType<Line>,
  look: (line: unknown) => void = () => {},
): Promise<Line[]> {
  const file = join(resolve(folder), name);
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.flatMap((text, index) => {
    const where = `${folder}/${name}, line ${index + 1}`;
    const line = parseJson(text, where);
    if (index > 0 && index === lines.length - 1 && isSeal(line)) return [];
    look(line);
    return [checkedRecord(schema, line, where)];
  });
}

function outdated(folder: string): OverparamError {
  return new OverparamError(
    'run-outdated',
    `The run in "${folder}" was written by an earlier version, whose figures are not nested by task. Read it with that version, or train it again into another folder.`,
  );
}
