import type { Standing } from '../comparison/differences';
import { figureIn, headlines, tasksOf } from '../comparison/figures';
import type { ComparisonResult } from '../comparison/summary';
import { losersText, rowsOnSide } from './differences';
import { figureText, figureTitle, ofTask } from './figures';
import { listed } from './numbers';

/** The rows on one side of the baseline, by task where there are several: `segmentation: A and B; depth: none`. */
function rowsText(
  { rows, obtained: { metrics } }: ComparisonResult,
  side: 'ahead' | null,
  standings: readonly Standing[],
): string {
  const found = headlines(metrics).map((figure) => {
    const own = rowsOnSide(rows, figure, side).filter(({ difference }) =>
      standings.includes(difference.standing),
    );
    return { task: figure.task, names: listed(own.map(({ label }) => label)) };
  });
  if (found.every(({ names }) => names === '')) return '';
  return found.map(({ task, names }) => ofTask(task, names === '' ? 'none' : names, metrics)).join('; ');
}

/** A sentence about rows, or another one where there are none. */
function told(before: string, rows: string, otherwise = ''): string {
  return rows === '' ? otherwise : `${before}: ${rows}.`;
}

/** What came out, in a few sentences that claim no more than the seeds allow. */
export function leads(result: ComparisonResult): string[] {
  const { rows, obtained } = result;
  const baseline = rows.find(({ kind }) => kind === 'baseline');
  if (!baseline || baseline.seeds.length === 0) {
    return ['No baseline finished, so the rows stand for themselves.'];
  }
  const several = tasksOf(obtained.metrics).length > 1;
  const figures = headlines(obtained.metrics).map((figure) => {
    const value = figureText(figure, figureIn(baseline.figures, figure)?.mean ?? null);
    return `${several ? `${figure.task} ` : ''}${figureTitle(figure)} ${value}`;
  });
  const sure = rowsText(result, 'ahead', ['better']);
  // By the sign of one seed; of several seeds where the others of a row failed.
  const shown = rowsText(result, 'ahead', ['lower', 'higher']);
  const first = `${baseline.label}: ${figures.join(', ')}.`;
  const sentences =
    obtained.seeds.length === 1
      ? [
          [first, told('Ahead with this one seed', shown, 'No row was ahead with this one seed.')],
          [losersText(result), 'One seed decides nothing.'],
        ]
      : [
          [
            first,
            told('Better by more than chance', sure, 'No row was better by more than chance.'),
            told('Ahead with only one seed', shown),
          ],
          [losersText(result), told('Undecided', rowsText(result, null, ['undecided']))],
        ];
  return sentences
    .map((own) => own.filter((sentence) => sentence !== '').join(' '))
    .filter((lead) => lead !== '');
}
