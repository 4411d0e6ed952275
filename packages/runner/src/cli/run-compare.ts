import { basename, dirname, join, parse, resolve } from 'node:path';
import { parseSweep, readConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { figureText, figureTitle, headlines, mean, renderTable, scoreIn } from '@overparam/report';
import { createProgressView, type ProgressView } from '@overparam/terminal';
import type { CompareCallbacks, RunFigures } from '../compare/callbacks';
import { compareRows } from '../compare/compare';
import { dataDirectory, type Invocation } from './invocation';
import { type ConfigArguments, requestOf } from './request';
import { runCompareForecast } from './run-forecast';
import { runStatus } from './run-status';
import { workersOf } from './run-workers';

/** Arguments of `overparam compare`. */
export interface CompareArguments extends ConfigArguments {
  readonly config: string;
  readonly out?: string;
  readonly 'data-dir'?: string;
  readonly resume?: boolean;
  readonly 'dry-run'?: boolean;
  readonly tensorboard?: boolean;
  readonly jobs?: string;
  readonly workers?: string;
  readonly launcher?: string;
  readonly status?: boolean;
  readonly sweep?: readonly string[];
}

/** `runs/poster-cifar` for `poster-cifar/config.yaml`, and `runs/rates` for `rates.yaml`. */
function defaultFolder(config: string): string {
  const { name } = parse(config);
  return join('runs', name === 'config' ? basename(dirname(resolve(config))) : name);
}

function jobsFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new OverparamError(
    'invalid-option',
    `--jobs expects a whole number of at least 1, and got "${text}".`,
  );
}

/** `; mIoU 12.40 %, abs err 0.8123 m`: the tasks' headline figures, as means of the runs that gave them. */
function figuresText(runs: readonly RunFigures[]): string {
  const figures = headlines(runs[0]?.metrics ?? []).map((figure) => {
    const values = runs.flatMap(({ scores }) => scoreIn(scores, figure) ?? []);
    return `${figureTitle(figure)} ${figureText(figure, values.length > 0 ? mean(values) : null)}`;
  });
  return figures.join(', ');
}

/** Shows a comparison's progress; rows that are planned are told once that has taken longer than one waits without a word. */
export function compareCallbacks(view: ProgressView): CompareCallbacks {
  const began = performance.now();
  const finished = new Map<string, RunFigures[]>();
  return {
    onNote: (text) => view.line(text),
    onPlan(label, index, rows) {
      if (index > 0 && performance.now() - began < 2000) return;
      view.line(`Planning ${label} (${index + 1} of ${rows}) ...`);
    },
    onProgress: ({ made, toMake, runsDone, runs }) =>
      view.show(made, toMake, `${runsDone} of ${runs} runs done`),
    onWork: ({ label, seed }, text) => view.line(`${label}, seed ${seed}: ${text}`),
    onRunEnd({ label, seed }, outcome, before, { runsDone, runs }, figures) {
      const end =
        outcome.kind === 'failed' ? `failed: ${outcome.message}` : before ? 'was done already' : 'done';
      view.line(`${label}, seed ${seed}: ${end} (${runsDone} of ${runs})`);
      if (figures === null) return;
      const own = [...(finished.get(label) ?? []), figures];
      finished.set(label, own);
      view.line(`  ${figuresText([figures])}`);
      if (own.length > 1) view.line(`  mean of ${own.length} seeds: ${figuresText(own)}`);
    },
  };
}

/**
 * What `overparam compare` does; see {@link compareRows}.
 *
 * @returns the exit code: 0, or 1 where a run failed
 * @throws OverparamError `interrupted`, and for the user's mistakes
 */
export async function runCompare(given: CompareArguments, invocation: Invocation): Promise<number> {
  const { output, signal } = invocation;
  const out = given.out ?? defaultFolder(given.config);
  const workers = workersOf(given);
  const asked = requestOf(invocation, given);
  const request = {
    ...asked,
    overrides: [...asked.overrides, ...(given.sweep ?? []).map(parseSweep)],
    launcher: given.launcher,
    processes: workers,
  };
  const dataDir = dataDirectory(given['data-dir']);
  const jobs = jobsFrom(given.jobs);
  if (given.status) return runStatus(out, output);
  if (given['dry-run']) {
    await runCompareForecast(await readConfig(given.config), request, { dataDir, jobs, workers }, invocation);
    return 0;
  }
  const view = createProgressView(process.stderr);
  const done = await compareRows(await readConfig(given.config), request, {
    out,
    dataDir,
    resume: given.resume,
    tensorboard: given.tensorboard,
    jobs,
    workers,
    signal,
    callbacks: compareCallbacks(view),
  }).finally(() => view.end());
  if (done.interrupted) {
    throw new OverparamError('interrupted', `Stopped. --resume goes on with the comparison in "${out}".`);
  }
  if (done.left > 0) {
    const told = `${done.left} ${done.left === 1 ? 'run goes' : 'runs go'} on. --status says how far, --resume goes on with the comparison in "${out}".`;
    output.result({ left: done.left, out }, told);
    return 0;
  }
  const table = renderTable(done.result);
  // With --json, what is for the eye goes to stderr.
  if (output.json) output.say(table);
  output.result(done.result, table);
  output.say(`Report: ${done.report}`);
  return done.failures > 0 ? 1 : 0;
}
