import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunConfig } from '@overparam/config';
import type { CommandLine, Launcher, Outcome } from '@overparam/launchers';
import type { RunResult } from '@overparam/report';
import { isRunFolder, type LockFolderOptions, orphanPatience, tidyFinished } from '@overparam/run-folder';
import { readRunResult } from '@overparam/saved-runs';
import type { Scores } from '@overparam/training';
import type { CompareCallbacks, RunFigures } from './callbacks';
import type { PlannedRun } from './plan';
import type { ProgressBook } from './progress';

/** What the runs of a comparison share. */
export interface Training {
  /** Starts the command line that trains one run. */
  readonly command: CommandLine;
  /** The comparison's folder. */
  readonly out: string;
  /** Folder of all datasets. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly callbacks?: CompareCallbacks;
  /** Whether runs write event files for TensorBoard. */
  readonly tensorboard?: boolean;
  /** Processes that train each run together; 1 where absent. */
  readonly workers?: number;
}

/** Whether a run is finished; what its process left when it was killed then is removed. */
async function isFinished({ folder }: PlannedRun, options: LockFolderOptions): Promise<boolean> {
  if (!isRunFolder(folder) || (await readRunResult(folder)) === null) return false;
  await tidyFinished(folder, options);
  return true;
}

/** The figures that a run's row will show of it; null where it left none that can be read, which is told with the rows. */
async function figuresOf({ folder, config }: PlannedRun): Promise<RunFigures | null> {
  const result = isRunFolder(folder) ? await readRunResult(folder).catch(() => null) : null;
  if (result === null) return null;
  return { metrics: result.metrics, scores: shownScores(result, config.evaluation) };
}

/** A run's figures of the epoch that its row shows. */
export function shownScores({ choices }: RunResult, evaluation: RunConfig['evaluation']): Scores {
  return (evaluation === 'last' ? choices.last : choices[evaluation]?.scores) ?? choices.last;
}

/** Updates of a run that its records know of; null where it has none. */
export async function savedUpdates(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8').catch(() => '');
  // A line without its end is just being written.
  const lines = text.split('\n').slice(0, -1).reverse();
  for (const line of lines) {
    const update = /"update":(\d+)/.exec(line)?.[1];
    if (update !== undefined) return Number(update);
  }
  return null;
}

/**
 * Has a launcher train runs, and tells how far they are together. A run that is finished already is not started.
 *
 * @param progress  where the runs are kept account of, and what each is called there
 */
export function trainRuns(
  runs: readonly PlannedRun[],
  launcher: Launcher,
  { book, entries }: { readonly book: ProgressBook; readonly entries: readonly number[] },
  { command, dataDir, out, signal, tensorboard = false, workers = 1, callbacks = {} }: Training,
): Promise<Outcome[]> {
  const extraArguments = [
    ...(tensorboard ? ['--tensorboard'] : []),
    ...(workers > 1 ? ['--workers', String(workers)] : []),
  ];
  const note = (text: string) => callbacks.onNote?.(text);
  return launcher(runs, {
    command,
    out,
    dataDir,
    extraArguments,
    signal,
    isFinished: (index) => isFinished(runs[index]!, { note, signal, patience: orphanPatience }),
    savedUpdates: (index) => savedUpdates(runs[index]!.folder),
    onProgress(index, done) {
      book.advance(entries[index]!, done);
      callbacks.onProgress?.(book.standings());
    },
    onWork: (index, text) => callbacks.onWork?.(runs[index]!, text),
    onNote: note,
    async onEnd(index, outcome, before) {
      const run = runs[index]!;
      book.finish(entries[index]!);
      const figures = outcome.kind === 'finished' ? await figuresOf(run) : null;
      callbacks.onRunEnd?.(run, outcome, before, book.standings(), figures);
    },
  });
}
