import { isRunFolder } from '../run/files';
import { readRunResult } from '../run/read-run';
import type { CompareCallbacks } from './callbacks';
import { type CommandLine, trainInChild } from './child';
import type { PlannedRun } from './plan';
import { type Outcome, runPool } from './pool';
import { ProgressBook } from './progress';

/** What the runs of a comparison share. */
export interface Training {
  /** Starts the command line that trains one run. */
  readonly command: CommandLine;
  /** Folder of all datasets. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly callbacks?: CompareCallbacks;
}

async function isFinished(run: PlannedRun): Promise<boolean> {
  return isRunFolder(run.folder) && (await readRunResult(run.folder)) !== null;
}

/**
 * Trains runs in processes of their own, some at a time, and tells how far they are together. A run that is
 * finished already is not started.
 *
 * @param atOnce   runs at a time
 * @param updates  of each run, in their order
 */
export async function trainRuns(
  runs: readonly PlannedRun[],
  atOnce: number,
  updates: readonly number[],
  training: Training,
): Promise<Outcome[]> {
  const { callbacks = {}, signal } = training;
  const book = new ProgressBook(updates);
  const train = async (index: number): Promise<Outcome> => {
    const run = runs[index]!;
    const finished = await isFinished(run);
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
          ],
          onProgress(done) {
            book.advance(index, done);
            callbacks.onProgress?.(book.standings());
          },
          onWork: (text) => callbacks.onWork?.(run, text),
          signal,
        });
    if (outcome.kind === 'stopped') return outcome;
    book.finish(index);
    callbacks.onRunEnd?.(run, outcome, finished, book.standings());
    return outcome;
  };
  const indices = runs.map((_, index) => index);
  return await runPool(indices, atOnce, train, signal);
}
