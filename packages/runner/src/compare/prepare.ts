import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  configText,
  differences,
  idleNotes,
  type LoadedConfig,
  parseYaml,
  type RunConfig,
  recipeOf,
} from '@overparam/config';
import { isOverparamError, OverparamError } from '@overparam/errors';
import { writeFileAtomic } from '@overparam/files';
import type { DatasetTask, OpenDataset } from '@overparam/plugin';
import type { FigureSpec } from '@overparam/report';
import { prepareFolder } from '@overparam/run-folder';
import { planTraining, type TrainingPlan } from '@overparam/training';
import { openDataset } from '../run/data';
import { figuresOf } from '../run/finish';
import type { PlannedRun } from './plan';
import { SameData } from './same-data';
import { teamOf } from './workers';

/** What planning says of one row. */
export interface PlannedRow {
  /** Gradient evaluations of each run. */
  readonly updates: number;
  readonly trainImages: number;
}

/** What planning says of all rows. */
export interface Planned {
  readonly rows: readonly PlannedRow[];
  /** Of the first row, as the next two are. */
  readonly testImages: number;
  readonly provenance: string;
  readonly tasks: readonly Pick<DatasetTask, 'name' | 'classes'>[];
  /** Of every row's tasks, each once. */
  readonly metrics: readonly FigureSpec[];
}

/** How {@link checkRows} checks. */
export interface CheckRowsOptions {
  readonly dataDir: string;
  readonly signal: AbortSignal;
  /** Processes that train each run together; 1 where absent. */
  readonly workers?: number;
  /** Told before each row. */
  onRow(label: string, index: number, rows: number): void;
  /** Told what a user should know of rows. */
  onNote?(text: string): void;
  /** Folders of a row's runs, which may not be there; none where nothing is gone on with. */
  runsOf(label: string): readonly string[];
}

/** What planning depends on: all but names, seeds, and how large steps are. */
export function planKey({
  label: _label,
  seed: _seed,
  optimiser: _optimiser,
  weightDecay: _decay,
  ...config
}: RunConfig): string {
  return JSON.stringify({ ...config, lr: { ...config.lr, peak: 1 } });
}

/**
 * Plans every row before anything is trained, so that a mistake in the last row shows now.
 *
 * @throws OverparamError with the row's label before the message; `data-differs`
 */
export async function checkRows(
  rows: readonly RunConfig[],
  { dataDir, signal, workers = 1, onRow, onNote, runsOf }: CheckRowsOptions,
): Promise<Planned> {
  let first: Omit<Planned, 'rows' | 'metrics'> | null = null;
  const planned: PlannedRow[] = [];
  const metrics = new Map<string, FigureSpec>();
  // Rows mostly share their data, and a large dataset takes long to open.
  let opened = '';
  let dataset: OpenDataset | null = null;
  const sameData = new SameData(signal);
  // Rows that differ in a rate alone are planned alike.
  const plans = new Map<string, TrainingPlan>();
  try {
    for (const [index, row] of rows.entries()) {
      onRow(row.label, index, rows.length);
      try {
        const { validation, limit } = row;
        const held = validation && [validation, limit.train];
        const wanted = JSON.stringify([row.dataset, row.tasks, row.heads, row.taskOptions.byTask, held]);
        if (dataset === null || opened !== wanted) {
          await dataset?.close();
          dataset = null;
          dataset = await openDataset(row, dataDir, signal);
          opened = wanted;
        }
        const key = planKey(row);
        const plan = plans.get(key) ?? planTraining(recipeOf(row), dataset, teamOf(row, workers));
        plans.set(key, plan);
        await sameData.check(runsOf(row.label), { dataset, sizes: plan.sizes });
        for (const note of idleNotes(row, plan.tasks.length)) onNote?.(`${row.label}: ${note}`);
        planned.push({ updates: plan.updates, trainImages: plan.sizes.train });
        for (const figure of figuresOf(plan)) {
          const key = JSON.stringify([figure.task, figure.name]);
          if (!metrics.has(key)) metrics.set(key, figure);
        }
        first ??= {
          testImages: plan.sizes.test,
          provenance: dataset.provenance,
          tasks: dataset.tasks.map(({ name, classes }) => ({
            name,
            ...(classes && { classes }),
          })),
        };
      } catch (error) {
        if (!isOverparamError(error)) throw error;
        throw new OverparamError(error.code, `Row "${row.label}": ${error.message}`, { cause: error });
      }
    }
    return { ...first!, rows: planned, metrics: [...metrics.values()] };
  } finally {
    await dataset?.close();
  }
}

/**
 * Makes a comparison's folder ready. Call it under the folder's lock.
 *
 * @throws OverparamError `output-exists` for a folder in use without `resume`, `run-differs` where it holds a
 *   comparison of something else
 */
export async function prepareComparison(
  folder: string,
  runs: readonly PlannedRun[],
  loaded: LoadedConfig,
  resume: boolean,
): Promise<void> {
  const empty = await prepareFolder(folder);
  if (!empty && !existsSync(join(folder, 'configs'))) {
    throw new OverparamError(
      'output-exists',
      `The folder "${basename(folder)}" holds something else than a comparison. Choose another --out.`,
    );
  }
  if (!empty && !resume) {
    throw new OverparamError(
      'output-exists',
      `The folder "${basename(folder)}" already holds a comparison. Add --resume to go on with it, or choose another --out.`,
    );
  }
  await mkdir(join(folder, 'configs'), { recursive: true });
  await holdConfigs(folder, runs, loaded);
}

/**
 * Writes the configs that runs are started with.
 *
 * @throws OverparamError `run-differs` where a run of that name has another one; nothing is written then
 */
export async function holdConfigs(
  folder: string,
  runs: readonly PlannedRun[],
  loaded: LoadedConfig,
): Promise<void> {
  const texts = runs.map((run) => configText(run.config, loaded.folder, dirname(run.configFile)));
  // All are compared before any is written: a refusal changes nothing.
  for (const [index, run] of runs.entries()) {
    if (!existsSync(run.configFile)) continue;
    const before = parseYaml(await readFile(run.configFile, 'utf8'), run.configFile);
    const differing = differences(before, parseYaml(texts[index]!, run.label));
    if (differing.length === 0) continue;
    throw new OverparamError(
      'run-differs',
      `The folder "${basename(folder)}" holds row "${run.label}" with other settings: ${differing.join(', ')}. Give the settings it was started with, or choose another --out.`,
    );
  }
  for (const [index, run] of runs.entries()) {
    await mkdir(dirname(run.configFile), { recursive: true });
    await writeFileAtomic(run.configFile, texts[index]!);
  }
}
