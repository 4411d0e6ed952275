import type { Setting } from './setting';

/** A setting that is to be tried, and for how long. */
export interface Trial {
  readonly setting: Setting;
  /** Epochs of its runs; null for the row's own. */
  readonly epochs: number | null;
  /** Which time runs get longer; 0 where they do not. */
  readonly rung: number;
}

/** What a trial came to. */
export interface Tried extends Trial {
  /** Validation figures, one a task, means over the seeds; null where a run failed. */
  readonly figures: readonly number[] | null;
  /** Why it failed; null where it did not. */
  readonly failure: string | null;
}
