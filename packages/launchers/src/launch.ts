import type { CommandLine } from './child';
import type { Outcome } from './outcome';

/** A run that is to be brought to its end. */
export interface LaunchedRun {
  readonly label: string;
  readonly seed: string;
  /** The config that it is started with. */
  readonly configFile: string;
  /** Its folder, which is all the state that there is of it. */
  readonly folder: string;
}

/** What launched runs share, and who is told of them; runs are called by their place in the list. */
export interface Launch {
  /** Starts the command line whose `train` trains a run. */
  readonly command: CommandLine;
  /** The comparison's folder. */
  readonly out: string;
  /** Folder of all datasets. */
  readonly dataDir: string;
  /** Further arguments of each `train`; none where absent. */
  readonly extraArguments?: readonly string[];
  readonly signal: AbortSignal;
  /** Whether a run's folder holds its result. */
  isFinished(run: number): Promise<boolean>;
  /** Updates of a run that are saved, from its folder; null where nothing is. */
  savedUpdates(run: number): Promise<number | null>;
  /** Updates that a run has done. */
  onProgress(run: number, updates: number): void;
  /** What a run does before its first update, where that takes long. */
  onWork(run: number, text: string): void;
  /** What a user should know. */
  onNote(text: string): void;
  /** Once for each run that is finished or has failed. */
  onEnd(run: number, outcome: Outcome, finishedBefore: boolean): Promise<void>;
}

/**
 * Brings runs to their ends, and tells of each. A run that is finished already is not started; one that fails leaves the
 * others alone.
 *
 * @returns one outcome a run, in their order
 */
export type Launcher = (runs: readonly LaunchedRun[], launch: Launch) => Promise<Outcome[]>;

/** Arguments that train a run, or go on with it. */
export function trainArguments(
  { configFile, folder }: Pick<LaunchedRun, 'configFile' | 'folder'>,
  dataDir: string,
  extraArguments: readonly string[] = [],
): string[] {
  return ['train', configFile, '--out', folder, '--data-dir', dataDir, '--resume', ...extraArguments];
}
