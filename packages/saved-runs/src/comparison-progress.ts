import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { checkSaved, parseYaml } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import type { ComparisonProgress, FigureSpec, RunProgress, RunRecord } from '@overparam/report';
import { isRunFolder, readRunAbout } from '@overparam/run-folder';
import { readRun } from './read-run';

const nothing: RunRecord = { metrics: [], timings: [], result: null };

/** A run by the config that the comparison wrote for it. */
async function runOf(
  folder: string,
  name: string,
  isAtWork: (folder: string) => Promise<boolean>,
): Promise<RunProgress & { readonly folder: string }> {
  const shown = join(folder, 'configs', name);
  const config = checkSaved(parseYaml(await readFile(resolve(shown), 'utf8'), shown), shown);
  const own = join(folder, parse(name).name);
  const base = { label: config.label, seed: String(config.seed), epochs: config.epochs, folder: own };
  if (!isRunFolder(own)) return { ...base, state: 'not begun', record: nothing };
  // Asked first: a run that ends meanwhile has its result by then.
  const works = await isAtWork(own);
  const { config: _, ...record } = await readRun(own);
  const state = record.result ? 'finished' : works ? 'training' : 'stopped';
  return { ...base, epochs: record.result?.epochs ?? base.epochs, state, record };
}

/**
 * Reads how far the runs of a comparison are.
 *
 * @param folder    as the user wrote it
 * @param isAtWork  whether a program holds a folder, a run's or the comparison's, at this moment
 * @throws OverparamError `run-missing` where the folder holds no comparison; as `readRun`
 */
export async function comparisonProgressOf(
  folder: string,
  isAtWork: (folder: string) => Promise<boolean>,
): Promise<ComparisonProgress> {
  const configs = join(resolve(folder), 'configs');
  if (!existsSync(configs)) {
    throw new OverparamError(
      'run-missing',
      `"${folder}" holds no comparison that can be watched: it has no configs. Give a folder that "overparam compare" wrote.`,
    );
  }
  // Asked before the runs are read: what is written is of runs that have ended.
  const works = await isAtWork(folder);
  const isWritten = existsSync(join(resolve(folder), 'compare.json')) && !works;
  const names = (await readdir(configs)).filter((name) => name.endsWith('.yaml')).sort();
  const runs = await Promise.all(names.map((name) => runOf(folder, name, isAtWork)));
  let metrics: readonly FigureSpec[] = [];
  for (const run of runs) {
    if (metrics.length > 0) break;
    metrics = run.record.result?.metrics ?? (await readRunAbout(run.folder))?.metrics ?? [];
  }
  const training = runs.some(({ state }) => state === 'training');
  return {
    title: basename(resolve(folder)),
    state: isWritten && !training ? 'finished' : training || works ? 'training' : 'stopped',
    runs: runs.map(({ folder: _, ...run }) => run),
    metrics,
    page: join(folder, 'report.html'),
  };
}
