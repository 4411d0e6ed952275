import { type Difference, leastSeeds, sideOf, together } from '../comparison/differences';
import { figureIn, headlines } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import { levelOfEach } from '../comparison/statistics';
import type { ComparisonResult, RowSummary } from '../comparison/summary';
import { figureDigits, ofTask } from './figures';
import { absent, signed } from './numbers';

/** `−1.30 [−2.00, −0.60]`; with one seed there is no interval and so no claim. */
export function differenceText(difference: Difference | undefined, digits: number): string {
  if (difference?.mean == null || difference.interval === null) return absent;
  const { mean, interval } = difference;
  return `${signed(mean, digits)} [${signed(interval.low, digits)}, ${signed(interval.high, digits)}]`;
}

/** The verdict on a row in words; one seed's sign comes with its size, as there is no interval to show it. */
export function standingText(difference: Difference | undefined, digits: number): string {
  if (difference?.mean == null) return absent;
  const { mean, standing } = difference;
  const sign = standing === 'lower' || standing === 'higher';
  return sign ? `${standing} by ${Math.abs(mean).toFixed(digits)}` : standing;
}

/** A class for a cell about a difference, which colours it. */
export function standingClass(difference: Difference | undefined, figure: FigureSpec): string {
  return (difference && sideOf(difference, figure.direction)) ?? '';
}

/** Rows that are on one side of the baseline in a figure, with how far. */
export function rowsOnSide(
  rows: readonly RowSummary[],
  figure: FigureSpec,
  side: 'ahead' | 'behind' | null,
): readonly { readonly label: string; readonly difference: Difference }[] {
  return rows.flatMap(({ label, differences }) => {
    const difference = figureIn(differences, figure);
    return difference && sideOf(difference, figure.direction) === side ? [{ label, difference }] : [];
  });
}

/** Rows that came out worse than the baseline in a headline figure, named as such; empty where none did. */
export function losersText({ rows, obtained: { metrics } }: ComparisonResult): string {
  const losses = headlines(metrics).flatMap((figure) => {
    const names = rowsOnSide(rows, figure, 'behind').map(
      ({ label, difference }) =>
        `${label} by ${Math.abs(difference.mean ?? 0).toFixed(figureDigits(figure))}`,
    );
    const about = ofTask(figure.task, '', metrics).trim();
    return names.length === 0 ? [] : [`${about === '' ? '' : `${about} `}${names.join(', ')}`];
  });
  return losses.length === 0 ? '' : `Behind the baseline: ${losses.join('; ')}.`;
}

/** What the differences can and cannot say, given the number of seeds. */
export function standingNote({ rows, obtained }: ComparisonResult): string {
  if (rows.every(({ kind }) => kind !== 'baseline')) {
    return 'No row is the baseline, the network as it is, so there is nothing to compare with.';
  }
  if (obtained.seeds.length === 1) {
    return 'One seed allows no interval: lower and higher than the baseline are what this seed showed, and another seed may turn any order here around.';
  }
  const note = `Differences are a row minus the baseline, paired by seed, with ${intervalText(rows)}.`;
  if (obtained.seeds.length < leastSeeds) {
    return `${note} ${obtained.seeds.length} seeds leave their spread all but unknown, so no row is called better or worse: they show what these seeds did, and no more.`;
  }
  return `${note} Undecided means that the interval holds zero, which does not show that there is no difference. They speak of other seeds of these very runs, and not of other data, networks, settings or longer training.`;
}

/** `intervals by Student's t that hold for all 6 rows together with 95 % (Bonferroni: each alone with 99.17 %)`. */
export function intervalText(rows: readonly RowSummary[]): string {
  const compared = rows.filter(({ kind }) => kind === 'row').length;
  const each = 100 * levelOfEach(together, compared);
  const percent = 100 * together;
  if (compared < 2) return `the ${percent} % interval by Student's t`;
  return `intervals by Student's t that hold for all ${compared} rows together with ${percent} % (Bonferroni: each alone with ${Number(each.toFixed(2))} %)`;
}
