import type { FigureSpec } from './run-records';
import { confidenceInterval, levelOfEach, mean, pairedDifferences, probabilityOfZero } from './statistics';

/** How often all rows' intervals of a figure hold together. */
export const together = 0.95;

/** Common seeds without which no row is called better or worse: two leave the spread all but unknown. */
export const leastSeeds = 3;

/**
 * How a row stands against the baseline in a figure: `better` and `worse` where the interval leaves out zero, `undecided`
 * where it does not, and with fewer than `leastSeeds` common seeds. With one common seed there is no interval, and `lower` or `higher` is only what that
 * seed showed; `unknown` where no seed has both.
 */
export type Standing = 'better' | 'worse' | 'undecided' | 'lower' | 'higher' | 'equal' | 'unknown';

/** A figure of a row minus the same figure of the baseline, on the same seeds, in the figure's own unit. */
export interface Difference {
  /** Null where no seed has both. */
  readonly mean: number | null;
  /**
   * By Student; those of all rows hold together with 95 % (Bonferroni), so each alone with more. Null with fewer than two common
   * seeds.
   */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /**
   * How often a difference of this size would come about in one of the rows if no row differed: that of the paired t-test times
   * the number of rows, at most 1. Below 0.05 where the interval leaves out zero. Null without an interval.
   */
  readonly pValue: number | null;
  readonly standing: Standing;
}

type Direction = FigureSpec['direction'];

function standingOf(
  { mean: centre, interval }: Pick<Difference, 'mean' | 'interval'>,
  seeds: number,
  direction: Direction,
): Standing {
  if (centre === null) return 'unknown';
  if (interval !== null) {
    if (seeds < leastSeeds || (interval.low <= 0 && interval.high >= 0)) return 'undecided';
    return interval.low > 0 === (direction === 'higher') ? 'better' : 'worse';
  }
  if (centre === 0) return 'equal';
  return centre < 0 ? 'lower' : 'higher';
}

/**
 * The difference of a row to the baseline.
 *
 * @param values    figure by seed
 * @param baseline  the baseline's figure by seed
 * @param rows      how many are compared with the baseline
 */
export function differenceOf(
  values: ReadonlyMap<string, number>,
  baseline: ReadonlyMap<string, number>,
  direction: Direction,
  rows = 1,
): Difference {
  const paired = pairedDifferences(values, baseline);
  const found = confidenceInterval(paired, levelOfEach(together, rows));
  const probability = probabilityOfZero(paired);
  const difference = {
    mean: paired.length > 0 ? mean(paired) : null,
    interval: found && { low: found.low, high: found.high },
    pValue: probability === null ? null : Math.min(1, Math.max(1, rows) * probability),
  };
  return { ...difference, standing: standingOf(difference, paired.length, direction) };
}

/** Which side of the baseline a row is on, surely or by its one seed; null where neither. */
export function sideOf({ standing }: Difference, direction: Direction): 'ahead' | 'behind' | null {
  if (standing === 'better') return 'ahead';
  if (standing === 'worse') return 'behind';
  if (standing !== 'lower' && standing !== 'higher') return null;
  return standing === direction ? 'ahead' : 'behind';
}
