import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/export/node';
import type { RunRecord, RunResult } from '@overparam/report';
import type { EpochRecord, EpochTiming } from '@overparam/training';
import { parse } from 'yaml';
import type { RunConfig } from '../config/schema';

export { writeFileAtomic as writeAtomically };

/** What a run folder holds, read. */
export interface RunFolder extends RunRecord {
  readonly config: RunConfig;
}

/** Adds one line of JSON to a file. */
export async function appendLine(file: string, line: object): Promise<void> {
  await appendFile(file, `${JSON.stringify(line)}\n`);
}

/** Lines of a `.jsonl` file; none where there is no file. A last line that was cut off is left out. */
export async function readLines<Line>(file: string): Promise<Line[]> {
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Replaces a `.jsonl` file as a whole. */
export async function writeLines(file: string, lines: readonly object[]): Promise<void> {
  await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Whether a folder holds a run. */
export function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, 'config.yaml'));
}

/** Makes the folder; true when it holds nothing yet. */
export async function prepareFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  return (await readdir(folder)).every((name) => name.startsWith('.') || name === 'lock');
}

/**
 * Refuses what earlier versions wrote: figures were not nested by task.
 *
 * @throws OverparamError `run-outdated`
 */
export function checkForm(
  folder: string,
  epochs: readonly EpochRecord[],
  result: RunResult | null = null,
): void {
  const [first] = epochs;
  if ((first === undefined || 'train' in first) && (result === null || 'byTask' in result.collapsed)) return;
  throw new OverparamError(
    'run-outdated',
    `The run in "${folder}" was written by an earlier version, whose figures are not nested by task. Read it with that version, or train it again into another folder.`,
  );
}

/**
 * Reads a run folder.
 *
 * @throws OverparamError `run-missing` where the folder holds no run, `run-outdated` where an earlier version wrote it
 */
export async function readRun(folder: string): Promise<RunFolder> {
  const file = (name: string) => join(resolve(folder), name);
  if (!isRunFolder(folder)) {
    throw new OverparamError(
      'run-missing',
      `"${folder}" is not a run folder: it has no config.yaml. Give the folder that "overparam train --out" wrote.`,
    );
  }
  const result = existsSync(file('result.json'))
    ? (JSON.parse(await readFile(file('result.json'), 'utf8')) as RunResult)
    : null;
  const metrics = await readLines<EpochRecord>(file('metrics.jsonl'));
  checkForm(folder, metrics, result);
  return {
    config: parse(await readFile(file('config.yaml'), 'utf8')) as RunConfig,
    metrics,
    timings: await readLines<EpochTiming>(file('timings.jsonl')),
    result,
  };
}
