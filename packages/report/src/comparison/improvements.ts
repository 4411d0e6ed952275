import type { ComparedFigure, ImprovementDefinition } from '@overparam/mtl-heads';
import type { Figure } from '@overparam/training';
import { shownFigure } from './choices';
import { type ByFigure, figureIn } from './figures';
import type { RowRecord, SeedRun } from './records';
import type { FigureSpec } from './run-records';
import { type Spread, spreadOf } from './statistics';

/** A run's figures beside the references' own; null where one is missing. */
function comparedFigures(
  row: RowRecord,
  run: SeedRun,
  reference: ByFigure<number>,
  metrics: readonly FigureSpec[],
): ComparedFigure[] | null {
  const figures = metrics.flatMap((figure) => {
    const value = shownFigure(row, run, figure);
    const { task, direction } = figure;
    return value === null ? [] : [{ task, direction, value, reference: figureIn(reference, figure)! }];
  });
  return figures.length === metrics.length ? figures : null;
}

/** A row's improvement on the references in each of its runs, by the definitions' names; null where a figure is missing. */
export function improvementsOf(
  row: RowRecord,
  reference: ByFigure<number>,
  metrics: readonly FigureSpec[],
  definitions: readonly ImprovementDefinition[],
): Record<string, Spread> {
  const compared = row.runs.map((run) => comparedFigures(row, run, reference, metrics));
  const improvementOn = (figures: ComparedFigure[] | null, { compute }: ImprovementDefinition): Figure => {
    const value = figures ? compute(figures) : Number.NaN;
    return Number.isFinite(value) ? value : null;
  };
  return Object.fromEntries(
    definitions.map((definition) => [
      definition.name,
      spreadOf(compared.map((figures) => improvementOn(figures, definition))),
    ]),
  );
}
