import type { ComparisonResult } from '@overparam/report';
import { type KeptRun, secondsOf } from './kept-runs';

/** What is kept of one part of the study: its table, without curves. */
export interface StudyRecord {
  /** The part's config, without its ending, and the variant where it was not the whole. */
  readonly part: string;
  readonly variant: string | null;
  /** What the start changed in the config, such as `precision=float32`. */
  readonly set: readonly string[];
  readonly result: ComparisonResult;
  /** Clock time of all runs, choosing included, as if one had followed the other; seconds. */
  readonly seconds: number;
  /** How far a part is that is not whole yet; null for one that is. Choosing may come to need more runs. */
  readonly underway: { readonly runsDone: number; readonly runs: number } | null;
}

/** The record of a part, whole or underway. */
export function recordOf(
  part: Pick<StudyRecord, 'part' | 'variant' | 'set' | 'underway'>,
  result: ComparisonResult,
  runs: readonly KeptRun[],
): StudyRecord {
  return { ...part, result, seconds: secondsOf(runs) };
}
