import type { ComparisonResult } from '@overparam/report';

/** What is kept of one part of the study: its table, without curves. */
export interface StudyRecord {
  /** The part's config, without its ending, and the variant where it was not the whole. */
  readonly part: string;
  readonly variant: string | null;
  readonly result: ComparisonResult;
  /** Clock time of all runs, choosing included, as if one had followed the other; seconds. */
  readonly seconds: number;
}

/** Seconds of all runs of a comparison, those that chose included. */
export function secondsOf({ rows, chosen }: ComparisonResult): number {
  const compared = rows.reduce(
    (sum, { secondsPerEpoch, epochs, seeds }) => sum + (secondsPerEpoch ?? 0) * epochs * seeds.length,
    0,
  );
  const choosing = (chosen?.rows ?? []).reduce((sum, { cost }) => sum + cost.seconds, 0);
  return compared + choosing;
}

/** The record of a part. */
export function recordOf(part: string, variant: string | null, result: ComparisonResult): StudyRecord {
  return { part, variant, result, seconds: secondsOf(result) };
}
