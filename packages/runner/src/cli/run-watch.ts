import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadDefaultPlugins } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { isLockHeld } from '@overparam/files';
import { figureText, figureTitle, headlines, type RunReport, scoreIn } from '@overparam/report';
import { isRunFolder } from '@overparam/run-folder';
import { isComparisonFolder, runReportOf } from '@overparam/saved-runs';
import { createProgressView, type ProgressView } from '@overparam/terminal';
import { followRun, type LivePage, serveLivePage, type WatchedRun } from '@overparam/watch';
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

/** Refuses what is no run, naming the runs of a comparison. */
async function checkRun(folder: string): Promise<void> {
  if (isRunFolder(folder) || !existsSync(folder) || !isComparisonFolder(folder)) return;
  const runs = (await readdir(folder)).filter((name) => isRunFolder(join(folder, name))).sort();
  const shown = runs.slice(0, 3).map((name) => join(folder, name));
  throw new OverparamError(
    'run-missing',
    `"${folder}" holds a comparison. Watch one of its runs: ${shown.length > 0 ? `overparam watch ${shown.join(', ')}${runs.length > 3 ? ' ...' : ''}` : 'none has begun yet'}.`,
  );
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

/** What the end of watching prints. */
function endText(report: RunReport | null, folder: string): string {
  if (report?.state === 'finished')
    return `The run is finished. Its page for good: overparam report ${folder}`;
  const done = report?.record.metrics.length ?? 0;
  return `Stopped watching after epoch ${done} of ${report?.epochs ?? 0}; the run is left alone.`;
}

/** Runs `overparam watch`, until the run is finished or Ctrl-C. */
export async function runWatch(args: WatchArguments, { output, signal }: Invocation): Promise<void> {
  const { run: folder } = args;
  const port = portFrom(args.port);
  await checkRun(folder);
  await loadDefaultPlugins();
  const view = createProgressView(process.stderr);
  const tell = teller(view);
  let page: LivePage | null = null;
  try {
    const last = await followRun(watched(folder), {
      signal,
      async onReport(report) {
        if (!page && !args.terminal && report.state !== 'finished') {
          page = await serveLivePage(report, { port });
          view.line(`Live page: ${page.address} (Ctrl-C ends it, and leaves the run alone)`);
        }
        page?.show(report);
        tell(report);
        if (report.state !== 'finished') view.show(report.record.metrics.length, report.epochs, report.state);
      },
    });
    view.end();
    const { state = 'unknown', epochs = 0, record = null } = last ?? {};
    const value = { state, epochs, done: record?.metrics.length ?? 0, result: record?.result ?? null };
    output.result(value, endText(last, folder));
  } finally {
    view.end();
    await (page as LivePage | null)?.close();
  }
}
