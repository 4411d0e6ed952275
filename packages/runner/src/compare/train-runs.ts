import type { RunConfig } from '@overparam/config';
import type { RunResult } from '@overparam/report';
import { isRunFolder, type LockFolderOptions, orphanPatience, tidyFinished } from '@overparam/run-folder';
import { readRunResult } from '@overparam/saved-runs';
import type { Scores } from '@overparam/training';
import type { CompareCallbacks, RunFigures } from './callbacks';
import { type CommandLine, trainInChild } from './child';
import type { PlannedRun } from './plan';
import { type Outcome, runPool } from './pool';
import type { ProgressBook } from './progress';

/** What the runs of a comparison share. */
export interface Training {
  /** Starts the command line that trains one run. */
  readonly command: CommandLine;
  /** Folder of all datasets. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly callbacks?: CompareCallbacks;
  /** Whether runs write event files for TensorBoard. */
  readonly tensorboard?: boolean;
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

/**
 * Trains runs in processes of their own, some at a time, and tells how far they are together. A run that is
 * finished already is not started.
 *
 * @param atOnce    runs at a time
 * @param progress  where the runs are kept account of, and what each is called there
 */
export async function trainRuns(
  runs: readonly PlannedRun[],
  atOnce: number,
  { book, entries }: { readonly book: ProgressBook; readonly entries: readonly number[] },
  training: Training,
): Promise<Outcome[]> {
  const { callbacks = {}, signal } = training;
  const train = async (index: number): Promise<Outcome> => {
    const run = runs[index]!;
    const finished = await isFinished(run, { note: callbacks.onNote, signal, patience: orphanPatience });
    const outcome: Outcome = finished
      ? { kind: 'finished' }
      : await trainInChild({
          command: training.command,
          arguments: [
            'train',
            run.configFile,
            '--out',
            run.folder,
            '--data-dir',
            training.dataDir,
            '--resume',
            ...(training.tensorboard ? ['--tensorboard'] : []),
          ],
          onProgress(done) {
            book.advance(entries[index]!, done);
            callbacks.onProgress?.(book.standings());
          },
          onWork: (text) => callbacks.onWork?.(run, text),
          signal,
        });
    if (outcome.kind === 'stopped') return outcome;
    book.finish(entries[index]!);
    const figures = outcome.kind === 'finished' ? await figuresOf(run) : null;
    callbacks.onRunEnd?.(run, outcome, finished, book.standings(), figures);
    return outcome;
  };
  const indices = runs.map((_, index) => index);
  return await runPool(indices, atOnce, train, signal);
}
