import { isRunFolder } from '../run/files';
import { type LockFolderOptions, orphanPatience } from '../run/lock';
import { readRunResult } from '../run/read-run';
import { tidyFinished } from '../run/tidy';
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

/** Whether a run is finished; what its process left when it was killed then is removed. */
async function isFinished({ folder }: PlannedRun, options: LockFolderOptions): Promise<boolean> {
  if (!isRunFolder(folder) || (await readRunResult(folder)) === null) return false;
  await tidyFinished(folder, options);
  return true;
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
