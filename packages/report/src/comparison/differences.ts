import type { FigureSpec } from './run-records';
import { confidenceInterval, mean, pairedDifferences } from './statistics';

/**
 * How a row stands against the baseline in a figure: `better` and `worse` where the 95 % interval leaves out zero,
 * `undecided` where it does not. With one common seed there is no interval, and `lower` or `higher` is only what that
 * seed showed; `unknown` where no seed has both.
 */
export type Standing = 'better' | 'worse' | 'undecided' | 'lower' | 'higher' | 'equal' | 'unknown';

/** A figure of a row minus the same figure of the baseline, on the same seeds, in the figure's own unit. */
export interface Difference {
  /** Null where no seed has both. */
  readonly mean: number | null;
  /** Of 95 %, by Student; null with fewer than two common seeds. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly standing: Standing;
}

type Direction = FigureSpec['direction'];

function standingOf(difference: Omit<Difference, 'standing'>, direction: Direction): Standing {
  const { mean: centre, interval } = difference;
  if (centre === null) return 'unknown';
  if (interval !== null) {
    if (interval.low <= 0 && interval.high >= 0) return 'undecided';
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
 */
export function differenceOf(
  values: ReadonlyMap<string, number>,
  baseline: ReadonlyMap<string, number>,
  direction: Direction,
): Difference {
  const paired = pairedDifferences(values, baseline);
  const found = confidenceInterval(paired);
  const difference = {
    mean: paired.length > 0 ? mean(paired) : null,
    interval: found && { low: found.low, high: found.high },
  };
  return { ...difference, standing: standingOf(difference, direction) };
}

/** Which side of the baseline a row is on, surely or by its one seed; null where neither. */
export function sideOf({ standing }: Difference, direction: Direction): 'ahead' | 'behind' | null {
  if (standing === 'better') return 'ahead';
  if (standing === 'worse') return 'behind';
  if (standing !== 'lower' && standing !== 'higher') return null;
  return standing === direction ? 'ahead' : 'behind';
}
