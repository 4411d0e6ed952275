import { leastSeeds } from '../comparison/differences';
import { figureIn, headlines } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import type { ComparisonResult, RowSummary } from '../comparison/summary';
import type { Form } from '../drawing/axes';
import { bandOf } from '../drawing/bars';
import { differenceDrawing } from '../drawing/differences';
import { escapeMarkup } from '../drawing/escape';
import { differenceText, intervalText, standingClass, standingText } from '../wording/differences';
import { figureDigits, headingsOf, ofTask, titleOf } from '../wording/figures';
import { signed } from '../wording/numbers';
import { stylesOf } from './headline-section';
import { type HtmlColumn, htmlTable } from './html-table';
import { drawInBothForms } from './two-forms';

/** All figures' differences with their intervals; empty for one figure, which the results have in full. */
function differenceTable(rows: readonly RowSummary[], { metrics }: ComparisonResult['obtained']): string {
  if (metrics.length === 1) return '';
  const headings = headingsOf(metrics);
  const columns: HtmlColumn<RowSummary>[] = [
    { heading: 'row', numeric: false, cell: ({ label }) => label },
    ...metrics.map(
      (figure, index): HtmlColumn<RowSummary> => ({
        heading: headings[index]!,
        numeric: true,
        cell: ({ differences }) => differenceText(figureIn(differences, figure), figureDigits(figure)),
        className: ({ differences }) => standingClass(figureIn(differences, figure), figure),
      }),
    ),
  ];
  return htmlTable(`This row minus the baseline, paired by seed, with ${intervalText(rows)}`, columns, rows);
}

function axisName(figure: FigureSpec, form: Form): string {
  const side = figure.direction === 'higher' ? 'right' : 'left';
  if (form === 'narrow') return `difference (${side} is better)`;
  const points = figure.unit === '%' ? 'percentage points' : titleOf(figure);
  return `difference to the baseline, ${points} (${side} is better)`;
}

/** Paired differences to the baseline with their intervals; empty where one seed allows none. */
export function differenceSection({ rows, obtained }: ComparisonResult): string {
  const { metrics } = obtained;
  const styles = stylesOf(rows);
  const drawings: string[] = [];
  for (const [index, figure] of headlines(metrics).entries()) {
    const digits = figureDigits(figure);
    const drawn = rows.flatMap(({ label, differences }, at) => {
      const difference = figureIn(differences, figure);
      return difference?.interval && difference.mean !== null
        ? [
            {
              label,
              text: signed(difference.mean, digits),
              mean: difference.mean,
              ...difference.interval,
              style: styles[at]!,
              difference,
            },
          ]
        : [];
    });
    if (drawn.length === 0) continue;
    const told = drawn.map(
      ({ label, text, difference }) => `${label} ${text}, ${standingText(difference, digits)}`,
    );
    const title = ofTask(figure.task, titleOf(figure), metrics);
    const drawing = drawInBothForms(
      (form, size) => differenceDrawing(drawn, axisName(figure, form), form, size),
      (form) => 60 + drawn.length * bandOf(form),
      {
        id: `difference-${index + 1}`,
        title: `${title}, paired difference of each row to the baseline`,
        description: `Mean difference, ${figure.direction} is better: ${told.join('; ')}.`,
      },
    );
    const heading = headlines(metrics).length > 1 ? `<h3>${escapeMarkup(title)}</h3>` : '';
    drawings.push(`${heading}${drawing}`);
  }
  if (drawings.length === 0) return '';
  const compared = rows.filter(({ kind }) => kind === 'row');
  const caption = `Paired by seed, with ${intervalText(compared)}. An interval that holds zero, the dashed line, decides nothing${obtained.seeds.length < leastSeeds ? `, and none does with ${obtained.seeds.length} seeds` : ''}${metrics.length > 1 ? '; with this many figures some leave it out by chance' : ''}.`;
  return `<section aria-labelledby="h-differences"><h2 id="h-differences">Difference to the baseline</h2><figure>${drawings.join('')}<figcaption>${escapeMarkup(caption)}</figcaption></figure>${differenceTable(compared, obtained)}</section>`;
}
