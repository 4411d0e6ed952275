import { readdir, stat } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import { loadDefaultPlugins } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { isLockHeld } from '@overparam/files';
import {
  type ComparisonProgress,
  figureText,
  figureTitle,
  headlines,
  type RunReport,
  scoreIn,
} from '@overparam/report';
import { isRunFolder } from '@overparam/run-folder';
import { comparisonProgressOf, isComparisonFolder, runReportOf } from '@overparam/saved-runs';
import { createProgressView, type ProgressView } from '@overparam/terminal';
import { followRun, type LivePage, serveLivePage, type Watched, type WatchedRun } from '@overparam/watch';
import type { Invocation } from './invocation';

/** Arguments of `overparam watch`. */
export interface WatchArguments {
  readonly run: string;
  readonly port?: string;
  readonly terminal?: boolean;
}

const watchedFiles = ['config.yaml', 'about.json', 'metrics.jsonl', 'timings.jsonl', 'result.json'];

/** A run folder that is looked at again and again. */
function watched(folder: string): WatchedRun {
  const isTraining = () => isLockHeld(join(resolve(folder), 'lock'));
  return {
    async mark() {
      const marks = watchedFiles.map(async (name) => {
        const found = await stat(join(folder, name)).catch(() => null);
        return found ? `${found.size} ${found.mtimeMs}` : '';
      });
      return [...(await Promise.all(marks)), await isTraining()].join();
    },
    read: async () => runReportOf(folder, (await isTraining()) ? 'training' : 'stopped'),
  };
}

/** A comparison's folder that is looked at again and again. */
function watchedComparison(folder: string): WatchedRun<ComparisonProgress> {
  const isAtWork = (own: string) => isLockHeld(join(resolve(own), 'lock'));
  return {
    async mark() {
      const configs = await readdir(join(resolve(folder), 'configs')).catch(() => []);
      const runs = configs.map((name) => join(folder, parse(name).name)).sort();
      const found = await stat(join(folder, 'compare.json')).catch(() => null);
      const marks = await Promise.all(runs.map((run) => watched(run).mark()));
      return [`${found?.mtimeMs}`, ...marks, await isAtWork(folder)].join();
    },
    read: () => comparisonProgressOf(folder, isAtWork),
  };
}

function portFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  throw new OverparamError(
    'invalid-option',
    `--port expects a whole number from 1 to 65535, and got "${text}".`,
  );
}

/** Tells the terminal of epochs that it has not told of, and of a run that stops or goes on. */
function teller(view: ProgressView): (report: RunReport) => void {
  let told = 0;
  let state = '';
  return (report) => {
    const { metrics, timings } = report.record;
    // A run that went on from an earlier checkpoint tells of its epochs again.
    told = Math.min(told, metrics.length);
    for (const { epoch, train, test } of metrics.slice(told)) {
      const figures = headlines(report.metrics).map(
        (figure) => `, ${figureTitle(figure)} ${figureText(figure, scoreIn(test, figure))}`,
      );
      const seconds = timings.find((timing) => timing.epoch === epoch)?.trainSeconds;
      const time = seconds === undefined ? '' : `, ${seconds.toFixed(1)} s`;
      view.line(
        `epoch ${epoch} of ${report.epochs}: loss ${train.loss.toFixed(4)}${figures.join('')}${time}`,
      );
    }
    told = metrics.length;
    if (report.state === state) return;
    const before = state;
    state = report.state;
    if (state === 'stopped')
      view.line(
        `The run has stopped after epoch ${told}. What it trained is saved; --resume goes on with it.`,
      );
    else if (state === 'training' && before !== '') view.line('The run goes on.');
  };
}

/** Tells the terminal of runs of a comparison that begin, stop and end. */
function comparisonTeller(view: ProgressView): (progress: ComparisonProgress) => void {
  const told = new Map<string, string>();
  return ({ runs, metrics }) => {
    const finished = runs.filter(({ state }) => state === 'finished').length;
    for (const { label, seed, state, record } of runs) {
      const name = `${label}, seed ${seed}`;
      if ((told.get(name) ?? 'not begun') === state) continue;
      told.set(name, state);
      if (!record.result) {
        view.line(`${name}: ${state}, ${record.metrics.length} epochs done`);
        continue;
      }
      const { collapsed } = record.result;
      const figures = headlines(metrics).map(
        (figure) => `; ${figureTitle(figure)} ${figureText(figure, scoreIn(collapsed, figure))}`,
      );
      view.line(`${name}: finished (${finished} of ${runs.length})${figures.join('')}`);
    }
  };
}

/** How a watched folder is read, told of and counted. */
interface Watching<Report extends Watched> {
  readonly subject: WatchedRun<Report>;
  readonly tell: (report: Report) => void;
  /** Epochs done, epochs in all, and a word on them. */
  count(report: Report): readonly [done: number, all: number, text: string];
  value(report: Report | null): object;
}

function watchingRun(folder: string, view: ProgressView): Watching<RunReport> {
  const done = (report: RunReport | null) => report?.record.metrics.length ?? 0;
  return {
    subject: watched(folder),
    tell: teller(view),
    count: (report) => [done(report), report.epochs, report.state],
    value: (report) => ({
      state: report?.state ?? 'unknown',
      epochs: report?.epochs ?? 0,
      done: done(report),
      result: report?.record.result ?? null,
    }),
  };
}

function watchingComparison(folder: string, view: ProgressView): Watching<ComparisonProgress> {
  return {
    subject: watchedComparison(folder),
    tell: comparisonTeller(view),
    count({ runs }) {
      const finished = runs.filter(({ state }) => state === 'finished').length;
      const done = runs.reduce((sum, { record }) => sum + record.metrics.length, 0);
      const all = runs.reduce((sum, { epochs }) => sum + epochs, 0);
      return [done, all, `${finished} of ${runs.length} runs finished`];
    },
    value: (progress) => ({
      state: progress?.state ?? 'unknown',
      runs: (progress?.runs ?? []).map(({ record, ...run }) => ({ ...run, done: record.metrics.length })),
    }),
  };
}

/** Follows a folder, in the terminal and on a page, until it is finished or Ctrl-C. */
async function follow<Report extends Watched>(
  { subject, tell, count, value }: Watching<Report>,
  args: WatchArguments,
  view: ProgressView,
  { output, signal }: Invocation,
): Promise<void> {
  const port = portFrom(args.port);
  const what = isRunFolder(args.run) ? 'run' : 'comparison';
  let page: LivePage | null = null;
  try {
    const last = await followRun(subject, {
      signal,
      async onReport(report) {
        if (!page && !args.terminal && report.state !== 'finished') {
          page = await serveLivePage(report, { port });
          view.line(`Live page: ${page.address} (Ctrl-C ends it, and leaves the ${what} alone)`);
        }
        page?.show(report);
        tell(report);
        if (report.state !== 'finished') view.show(...count(report));
      },
    });
    view.end();
    const [done, all] = last ? count(last) : [0, 0];
    const text =
      last?.state === 'finished'
        ? `The ${what} is finished. Its page for good: overparam report ${args.run}`
        : `Stopped watching after epoch ${done} of ${all}; the ${what} is left alone.`;
    output.result(value(last), text);
  } finally {
    view.end();
    await (page as LivePage | null)?.close();
  }
}

/** Runs `overparam watch`, until what is watched is finished or Ctrl-C. */
export async function runWatch(args: WatchArguments, invocation: Invocation): Promise<void> {
  const { run: folder } = args;
  portFrom(args.port);
  await loadDefaultPlugins();
  const view = createProgressView(process.stderr);
  if (!isRunFolder(folder) && isComparisonFolder(folder))
    return follow(watchingComparison(folder, view), args, view, invocation);
  return follow(watchingRun(folder, view), args, view, invocation);
}
