import type { ImprovementDefinition } from '@overparam/mtl-heads';
import type { EpochChoice, Figure } from '@overparam/training';
import { choiceMeans, epochChoices, shownFigure } from './choices';
import type { Chosen } from './chosen';
import { type Difference, differenceOf } from './differences';
import { type ByFigure, byFigure, type FigureName } from './figures';
import { improvementsOf } from './improvements';
import type { Effort, Obtained, RowKind, RowRecord } from './records';
import { combinedReference, referenceFigures } from './references';
import type { FigureSpec } from './run-records';
import { mean, type Spread, spreadOf } from './statistics';

/** The figures of one row over its seeds; null where no run gave one. */
export interface RowSummary extends Effort {
  readonly label: string;
  readonly method: string;
  readonly routine: string;
  /** `reference`: the single-task networks, as one row; its effort is that of each of them. */
  readonly kind: RowKind;
  /** Which epoch's figures these are. */
  readonly evaluation: EpochChoice;
  /** Those that finished: what every `values` is in the order of. */
  readonly seeds: readonly string[];
  /** Test figures of the epoch that the row shows. */
  readonly figures: ByFigure<Spread>;
  /** Means of the same by every way to choose the epoch; null where one is not open. */
  readonly choices: Readonly<Record<EpochChoice, ByFigure<Figure> | null>>;
  /** Epochs that `meanOfLast` is over. */
  readonly epochsOfMean: number | null;
  /** Relative improvement on the single-task networks in percent, by definition; empty without references. */
  readonly improvements: Readonly<Record<string, Spread>>;
  /** This row minus the baseline; empty for the baseline, for references and where there is no baseline. */
  readonly differences: ByFigure<Difference>;
  readonly trainParameters: number | null;
  readonly deployParameters: number | null;
  /** For one image. */
  readonly deployMultiplyAdds: number | null;
  /** Networks that are deployed: 1, or one a task. */
  readonly deployNetworks: number | null;
  readonly secondsPerEpoch: number | null;
  /** Of the longer run that {@link Obtained.projection} describes; null without one. */
  readonly projectedSeconds: number | null;
  /** The worst of the row's runs. */
  readonly collapseGap: number | null;
  readonly failures: RowRecord['failures'];
}

/** The figures of every row and how they were obtained, as programs read them: what `overparam compare --json` prints. */
export interface ComparisonResult {
  /** The single-task networks first, where there are any, as one row. */
  readonly rows: readonly RowSummary[];
  readonly obtained: Obtained;
  /** What was chosen for the rows before their runs; absent where nothing was. */
  readonly chosen?: Chosen;
}

function bySeed(row: RowRecord, figure: FigureName): Map<string, number> {
  return new Map(
    row.runs.flatMap((run) => {
      const value = shownFigure(row, run, figure);
      return value === null ? [] : [[run.seed, value] as const];
    }),
  );
}

function differencesOf(
  row: RowRecord,
  baseline: RowRecord | undefined,
  metrics: readonly FigureSpec[],
  rows: number,
) {
  if (row.kind !== 'row' || !baseline) return {};
  return byFigure(metrics, (figure) =>
    differenceOf(bySeed(row, figure), bySeed(baseline, figure), figure.direction, rows),
  );
}

/** Costs of a row: of its first run where they do not depend on the seed. */
function costsOf({ runs, trainImages }: RowRecord, projection: Obtained['projection']) {
  const [first] = runs;
  const times = runs.flatMap(({ secondsPerEpoch }) => secondsPerEpoch ?? []);
  const secondsPerEpoch = times.length > 0 ? mean(times) : null;
  return {
    trainParameters: first?.trainParameters ?? null,
    deployParameters: first?.deployParameters ?? null,
    deployMultiplyAdds: first?.deployMultiplyAdds ?? null,
    deployNetworks: first?.deployNetworks ?? null,
    secondsPerEpoch,
    projectedSeconds:
      projection && secondsPerEpoch !== null
        ? (secondsPerEpoch * projection.epochs * projection.images) / trainImages
        : null,
    collapseGap: first ? Math.max(...runs.map(({ collapseGap }) => collapseGap)) : null,
  };
}

/**
 * Means, deviations, choices of the epoch, improvements and differences of every row; the references, as one row, come
 * first.
 *
 * @param records      all rows, references among them
 * @param definitions  of relative improvement, such as `@overparam/mtl-heads` has; none are computed without references
 */
export function summarise(
  records: readonly RowRecord[],
  { metrics, projection }: Pick<Obtained, 'metrics' | 'projection'>,
  definitions: readonly ImprovementDefinition[] = [],
): RowSummary[] {
  const references = records.filter(({ kind }) => kind === 'reference');
  const combined = combinedReference(records);
  const reference = combined && referenceFigures(references, metrics);
  const baseline = records.find(({ kind }) => kind === 'baseline');
  const compared = records.filter(({ kind }) => kind !== 'reference');
  const others = records.filter(({ kind }) => kind === 'row').length;
  return [...(combined ? [combined] : []), ...compared].map((row) => {
    const { label, method, routine, kind, evaluation, epochs, batch, updates, trainImages, runs } = row;
    const improved = kind !== 'reference' && reference !== null;
    return {
      label,
      method,
      routine,
      kind,
      evaluation,
      epochs,
      batch,
      updates,
      trainImages,
      seeds: runs.map(({ seed }) => seed),
      figures: byFigure(metrics, (figure) => spreadOf(runs.map((run) => shownFigure(row, run, figure)))),
      choices: Object.fromEntries(
        epochChoices.map((choice) => [choice, choiceMeans(row, choice, metrics)]),
      ) as RowSummary['choices'],
      epochsOfMean: runs[0]?.choices.meanOfLast.epochs ?? null,
      improvements: improved ? improvementsOf(row, reference, metrics, definitions) : {},
      differences: differencesOf(row, baseline, metrics, others),
      ...costsOf(row, projection),
      failures: row.failures,
    };
  });
}

/**
 * The figures of every row, as programs read them.
 *
 * @param records      all rows, references among them
 * @param definitions  of relative improvement; see {@link summarise}
 * @param chosen       what was chosen for the rows before their runs
 */
export function comparisonResult(
  records: readonly RowRecord[],
  obtained: Obtained,
  definitions: readonly ImprovementDefinition[] = [],
  chosen: Chosen | null = null,
): ComparisonResult {
  return { rows: summarise(records, obtained, definitions), obtained, ...(chosen && { chosen }) };
}
