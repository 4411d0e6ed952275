import type { Outcome } from '@overparam/launchers';
import type { FigureSpec } from '@overparam/report';
import type { Scores } from '@overparam/training';

/** A run of a comparison, as it is told of. */
export interface ToldRun {
  /** The row's. */
  readonly label: string;
  readonly seed: string;
}

/** Test figures of a finished run, of the epoch that its row shows. */
export interface RunFigures {
  readonly metrics: readonly FigureSpec[];
  readonly scores: Scores;
}

/** Whom a comparison tells what it does; every one may be left out. */
export interface CompareCallbacks {
  /** What a user should know: notes of the engine. */
  onNote?(text: string): void;
  /** Before each row is planned, which can take seconds a row. */
  onPlan?(label: string, index: number, rows: number): void;
  /** After updates of any run: what this start of the comparison has made of what it has to make. */
  onProgress?(standings: {
    readonly made: number;
    readonly toMake: number;
    readonly runsDone: number;
    readonly runs: number;
  }): void;
  /** What a run does before its first update, where that takes long. */
  onWork?(run: ToldRun, text: string): void;
  /**
   * When a run is finished or has failed.
   *
   * @param before   whether it was finished already when the comparison began
   * @param figures  what it came to; null where it failed
   */
  onRunEnd?(
    run: ToldRun,
    outcome: Outcome,
    before: boolean,
    done: { readonly runsDone: number; readonly runs: number },
    figures: RunFigures | null,
  ): void;
}
