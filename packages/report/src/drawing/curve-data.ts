/** One run's curves, a list of values for each column, in the order of `epoch`. */
export interface CurveRun {
  readonly seed: string;
  /** Epochs trained. */
  readonly epoch: readonly number[];
  /** Null where an epoch has no such value. */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The runs of one row, and how its line is drawn. */
export interface CurveRow {
  readonly label: string;
  readonly className: string;
  readonly dash: readonly number[];
  readonly runs: readonly CurveRun[];
}

/** What is drawn by epoch: a name, and the column that has its values. */
export interface CurveSpec {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly column: string;
  /** Behind the point, where values are read. */
  readonly digits: number;
}

/** A change of stage. */
export interface CurveBoundary {
  readonly stage: string;
  readonly epoch: number;
}

/** All that charts of curves are drawn from, on the page and in the browser. */
export interface CurveData {
  readonly rows: readonly CurveRow[];
  readonly curves: readonly CurveSpec[];
  readonly boundaries: readonly CurveBoundary[];
}

/** A row's value after an epoch: mean over the seeds that have it, and one standard deviation to both sides. */
export interface BandPoint {
  readonly epoch: number;
  readonly mean: number;
  /** Null with one seed. */
  readonly sd: number | null;
}

/** Mean and sample standard deviation of one epoch's values. */
function pointOf(epoch: number, values: readonly number[]): BandPoint {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { epoch, mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { epoch, mean, sd: Math.sqrt(squares / (values.length - 1)) };
}

/** A row's curve over the seeds, by ascending epoch; epochs that no seed has a value for are left out. */
export function bandOfRow({ runs }: Pick<CurveRow, 'runs'>, column: string): BandPoint[] {
  const byEpoch = new Map<number, number[]>();
  for (const { epoch, columns } of runs) {
    for (const [index, at] of epoch.entries()) {
      const value = columns[column]?.[index];
      if (value === null || value === undefined || !Number.isFinite(value)) continue;
      const values = byEpoch.get(at);
      if (values) values.push(value);
      else byEpoch.set(at, [value]);
    }
  }
  return [...byEpoch].sort(([a], [b]) => a - b).map(([epoch, values]) => pointOf(epoch, values));
}
