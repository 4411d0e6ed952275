import type { ProgressView } from '@overparam/terminal';
import { isRunFolder, readRun } from '../run/files';
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
  /** Where progress goes. */
  readonly view: ProgressView;
}

async function isFinished(run: PlannedRun): Promise<boolean> {
  return isRunFolder(run.folder) && (await readRun(run.folder)).result !== null;
}

/**
 * Trains runs in processes of their own, some at a time, and shows how far they are together. A run that is
 * finished already is not started.
 *
 * @param atOnce   runs at a time
 * @param updates  of each run
 */
export async function trainRuns(
  runs: readonly PlannedRun[],
  atOnce: number,
  updates: number,
  training: Training,
): Promise<Outcome[]> {
  const { view, signal } = training;
  const book = new ProgressBook(runs.length, updates);
  const show = () => {
    const { made, toMake, runsDone } = book.standings();
    view.show(made, toMake, `${runsDone} of ${runs.length} runs done`);
  };
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
            show();
          },
          onWork: (text) => view.line(`${run.label}, seed ${run.seed}: ${text}`),
          signal,
        });
    if (outcome.kind === 'stopped') return outcome;
    book.finish(index);
    const end =
      outcome.kind === 'failed' ? `failed: ${outcome.message}` : finished ? 'was done already' : 'done';
    const { runsDone } = book.standings();
    view.line(`${run.label}, seed ${run.seed}: ${end} (${runsDone} of ${runs.length})`);
    return outcome;
  };
  try {
    const indices = runs.map((_, index) => index);
    return await runPool(indices, atOnce, train, signal);
  } finally {
    view.end();
  }
}
