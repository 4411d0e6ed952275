import type { CurveData } from './curve-data';

/** A line of the figures that a page offers as CSV: a run, with its figures and costs by column. */
export type FigureLine = Readonly<Record<string, string | number | null>>;

/** What a page holds for its own script: charts are drawn from it, and readers take it away. */
export interface PageData {
  readonly title: string;
  /** Names of files that are saved from the page begin with it. */
  readonly file: string;
  /** Null where nothing was logged by epoch. */
  readonly curves: CurveData | null;
  /** One for each run that finished. */
  readonly figures: readonly FigureLine[];
  /** What else the JSON that is saved from the page has: how all of it was obtained, and what is known of it. */
  readonly more: Readonly<Record<string, unknown>>;
}
