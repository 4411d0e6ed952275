import { type ComparedFigure, improvementDefinitions } from '@overparam/mtl-heads';
import type { EpochChoice, FigureSpec, Obtained, Records, RowRecord, SeedRun } from './record';
import { combinedReference, referenceFigures } from './references';
import { confidenceInterval, type Interval, mean, pairedDifferences, standardDeviation } from './statistics';
import { baselineIndex } from './summary';

/** A number over the seeds; mean null where no run gave one, sd null with one seed. */
export interface Spread {
  readonly mean: number | null;
  readonly sd: number | null;
  /** In the order of the seeds that finished. */
  readonly values: readonly number[];
}

/** The figures of one row of a comparison of several tasks. */
export interface TaskRowSummary {
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  /** `reference`: the single-task networks, as one row. */
  readonly kind: 'baseline' | 'row' | 'reference';
  /** Test figures by `task/figure`, of the epoch that the table shows. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** Means of the same by every way to choose the epoch. */
  readonly choices: Readonly<Record<EpochChoice, Readonly<Record<string, number>> | null>>;
  /** Epochs that `meanOfLast` is over, in the runs of the row; null where no run finished. */
  readonly epochsOfMean: number | null;
  /** Relative improvement on the single-task networks in percent, by definition; empty without references. */
  readonly improvements: Readonly<Record<string, Spread>>;
  /** This row minus the baseline on the same seeds, by figure, with the 95 % interval; null with one seed. */
  readonly differences: Readonly<Record<string, Interval | null>>;
  readonly trainParameters: number | null;
  readonly deployParameters: number | null;
  /** For one image. */
  readonly deployMultiplyAdds: number | null;
  /** Networks that are deployed: 1, or one a task. */
  readonly deployNetworks: number | null;
  readonly secondsPerEpoch: number | null;
  /** The worst of the row's runs. */
  readonly collapseGap: number | null;
  readonly failures: RowRecord['failures'];
}

/** Whether a comparison is of more than one classification's top-1 error, or of something else. */
export function comparesTasks({ metrics }: Pick<Obtained, 'metrics'>): boolean {
  return metrics[0]?.name !== 'top1Error' || metrics.some(({ task }) => task !== metrics[0]!.task);
}

function spreadOf(values: readonly number[]): Spread {
  return { mean: values.length > 0 ? mean(values) : null, sd: standardDeviation(values), values };
}

/** A run's figures beside the references', for definitions of improvement; null where one is missing. */
function comparedFigures(
  run: SeedRun,
  reference: Readonly<Record<string, number>>,
  metrics: readonly FigureSpec[],
): ComparedFigure[] | null {
  const figures = metrics.flatMap(({ task, direction, figure }) => {
    const value = run.figures[figure];
    return value === undefined ? [] : [{ task, direction, value, reference: reference[figure]! }];
  });
  return figures.length === metrics.length ? figures : null;
}

function improvementsOf(
  row: RowRecord,
  reference: Readonly<Record<string, number>> | null,
  metrics: readonly FigureSpec[],
): Record<string, Spread> {
  if (reference === null) return {};
  return Object.fromEntries(
    Object.values(improvementDefinitions).map(({ name, compute }) => {
      const values = row.runs.flatMap((run) => {
        const figures = comparedFigures(run, reference, metrics);
        const value = figures ? compute(figures) : Number.NaN;
        return Number.isFinite(value) ? [value] : [];
      });
      return [name, spreadOf(values)];
    }),
  );
}

function choiceMeans(row: RowRecord, choice: EpochChoice, metrics: readonly FigureSpec[]) {
  const all = row.runs.map(({ choices }) => choices[choice]);
  if (all.length === 0 || all.some((figures) => figures === null)) return null;
  return Object.fromEntries(
    metrics.flatMap(({ figure }) => {
      const values = all.flatMap((figures) => figures?.[figure] ?? []);
      return values.length > 0 ? [[figure, mean(values)]] : [];
    }),
  );
}

function bySeed(row: RowRecord | undefined, figure: string): Map<string, number> {
  return new Map(
    (row?.runs ?? []).flatMap(({ seed, figures }) => {
      const value = figures[figure];
      return value === undefined ? [] : [[seed, value] as const];
    }),
  );
}

function summariseRow(
  row: RowRecord,
  kind: TaskRowSummary['kind'],
  baseline: RowRecord | undefined,
  reference: Readonly<Record<string, number>> | null,
  metrics: readonly FigureSpec[],
): TaskRowSummary {
  const first = row.runs[0];
  const figureValues = (figure: string) => [...bySeed(row, figure).values()];
  const choices = { last: 0, meanOfLast: 0, best: 0 };
  return {
    label: row.label,
    method: row.method,
    routine: row.routine,
    kind,
    figures: Object.fromEntries(metrics.map(({ figure }) => [figure, spreadOf(figureValues(figure))])),
    choices: Object.fromEntries(
      (Object.keys(choices) as EpochChoice[]).map((choice) => [choice, choiceMeans(row, choice, metrics)]),
    ) as TaskRowSummary['choices'],
    epochsOfMean: first?.epochsOfMean ?? null,
    improvements: kind === 'reference' ? {} : improvementsOf(row, reference, metrics),
    differences: Object.fromEntries(
      metrics.map(({ figure }) => [
        figure,
        kind === 'row'
          ? confidenceInterval(pairedDifferences(bySeed(row, figure), bySeed(baseline, figure)))
          : null,
      ]),
    ),
    trainParameters: first?.trainParameters ?? null,
    deployParameters: first?.deployParameters ?? null,
    deployMultiplyAdds: first?.deployMultiplyAdds ?? null,
    deployNetworks: first?.deployNetworks ?? null,
    secondsPerEpoch: first ? mean(row.runs.map((run) => run.secondsPerEpoch)) : null,
    collapseGap: first ? Math.max(...row.runs.map((run) => run.collapseGap)) : null,
    failures: row.failures,
  };
}

/** Means, deviations, improvements and differences of every row; the references, as one row, come first. */
export function summariseTasks(
  { rows, references }: Records,
  { metrics }: Pick<Obtained, 'metrics'>,
): TaskRowSummary[] {
  const reference = referenceFigures(references, metrics);
  const combined = combinedReference(references);
  const at = baselineIndex(rows);
  return [
    ...(combined ? [summariseRow(combined, 'reference', undefined, null, metrics)] : []),
    ...rows.map((row, index) =>
      summariseRow(row, index === at ? 'baseline' : 'row', rows[at], reference, metrics),
    ),
  ];
}
