import type { RowRecord } from './record';
import { confidenceInterval, type Interval, mean, pairedDifferences, standardDeviation } from './statistics';

/**
 * How a row stands against the baseline: `better` and `worse` where the 95 % interval leaves out zero,
 * `undecided` where it does not. With one common seed there is no interval, and `lower` or `higher` is only what that
 * seed showed.
 */
export type Standing =
  | 'baseline'
  | 'better'
  | 'worse'
  | 'undecided'
  | 'lower'
  | 'higher'
  | 'equal'
  | 'unknown';

/** The figures of one row over its seeds; null where no run gave one. */
export interface RowSummary {
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  /** Percent; `values` in the order of the seeds that finished, `sd` null with one. */
  readonly top1Error: {
    readonly mean: number | null;
    readonly sd: number | null;
    readonly values: readonly number[];
  };
  /** Percentage points, this row minus the baseline on the same seeds, with its 95 % interval. */
  readonly difference: Interval | null;
  /** Mean paired difference even where one seed allows no interval. */
  readonly meanDifference: number | null;
  readonly standing: Standing;
  readonly trainParameters: number | null;
  readonly deployParameters: number | null;
  readonly secondsPerEpoch: number | null;
  /** The worst of the row's runs. */
  readonly collapseGap: number | null;
  readonly failures: RowRecord['failures'];
}

/** The row that the others are measured against: the first with method `plain`; -1 where there is none. */
export function baselineIndex(
  rows: readonly { readonly method: string; readonly routine: string }[],
): number {
  const joint = rows.findIndex((row) => row.method === 'plain' && row.routine === 'joint');
  return joint >= 0 ? joint : rows.findIndex((row) => row.method === 'plain');
}

function errorsBySeed(row: RowRecord): Map<string, number> {
  return new Map(
    row.runs.flatMap((run) => (run.top1Error === null ? [] : [[run.seed, run.top1Error] as const])),
  );
}

function standingOf(isBaseline: boolean, interval: Interval | null, difference: number | null): Standing {
  if (isBaseline) return 'baseline';
  if (interval !== null) {
    if (interval.high < 0) return 'better';
    return interval.low > 0 ? 'worse' : 'undecided';
  }
  if (difference === null) return 'unknown';
  if (difference === 0) return 'equal';
  return difference < 0 ? 'lower' : 'higher';
}

/** Means, deviations and paired differences of every row, in the rows' order. */
export function summarise(rows: readonly RowRecord[]): RowSummary[] {
  const baseline = baselineIndex(rows);
  const reference = rows[baseline] ? errorsBySeed(rows[baseline]) : new Map<string, number>();
  return rows.map((row, index) => {
    const values = [...errorsBySeed(row).values()];
    const differences = index === baseline ? [] : pairedDifferences(errorsBySeed(row), reference);
    const difference = confidenceInterval(differences);
    const meanDifference = differences.length > 0 ? mean(differences) : null;
    const first = row.runs[0];
    return {
      label: row.label,
      method: row.method,
      routine: row.routine,
      top1Error: { mean: values.length > 0 ? mean(values) : null, sd: standardDeviation(values), values },
      difference,
      meanDifference,
      standing: standingOf(index === baseline, difference, meanDifference),
      trainParameters: first?.trainParameters ?? null,
      deployParameters: first?.deployParameters ?? null,
      secondsPerEpoch: first ? mean(row.runs.map((run) => run.secondsPerEpoch)) : null,
      collapseGap: first ? Math.max(...row.runs.map((run) => run.collapseGap)) : null,
      failures: row.failures,
    };
  });
}
