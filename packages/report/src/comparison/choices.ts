import type { EpochChoice, Figure, Scores } from '@overparam/training';
import { type ByFigure, byFigure, type FigureName, scoreIn } from './figures';
import type { RowRecord, SeedRun } from './records';
import type { FigureSpec } from './run-records';
import { mean } from './statistics';

/** All ways to choose the epoch, in the order in which they are shown. */
export const epochChoices = ['last', 'meanOfLast', 'best'] as const satisfies readonly EpochChoice[];

/** A run's test figures by one way to choose the epoch; null where that way is not open. */
export function scoresOf({ choices }: SeedRun, choice: EpochChoice): Scores | null {
  return choice === 'last' ? choices.last : (choices[choice]?.scores ?? null);
}

/** A run's figure of the epoch that its row shows. */
export function shownFigure(
  { evaluation }: Pick<RowRecord, 'evaluation'>,
  run: SeedRun,
  figure: FigureName,
): Figure {
  const scores = scoresOf(run, evaluation);
  return scores && scoreIn(scores, figure);
}

/** Means over a row's runs by one way to choose the epoch; null where no run finished, or the way is not open to one. */
export function choiceMeans(
  { runs }: RowRecord,
  choice: EpochChoice,
  metrics: readonly FigureSpec[],
): ByFigure<Figure> | null {
  const all = runs.flatMap((run) => scoresOf(run, choice) ?? []);
  if (all.length === 0 || all.length < runs.length) return null;
  return byFigure(metrics, (figure) => {
    const values = all.flatMap((scores) => scoreIn(scores, figure) ?? []);
    return values.length > 0 ? mean(values) : null;
  });
}
