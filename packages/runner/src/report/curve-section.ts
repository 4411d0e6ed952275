import type { RowRecord } from '../compare/record';
import { absent } from '../compare/wording';
import { type RowStyle, rowStyles } from './colours';
import { type CurveFigure, learningCurves, meanCurve, stageBoundaries } from './curves';
import { escapeMarkup } from './escape';
import { type HtmlColumn, htmlTable } from './table';
import { drawInBothForms } from './two-forms';

/** Which line is whose. */
export function legend(rows: readonly RowRecord[], styles: readonly RowStyle[]): string {
  const entries = rows.map((row, index) => {
    const style = styles[index];
    const dash = style && style.dash.length > 0 ? ` stroke-dasharray="${style.dash.join(' ')}"` : '';
    return `<li><svg viewBox="0 0 30 8" aria-hidden="true"><path d="M0 4H30" fill="none" stroke="${style?.colour.light}" stroke-width="3"${dash}/></svg>${escapeMarkup(row.label)}</li>`;
  });
  return `<ul class="legend">${entries.join('')}</ul>`;
}

/** `TriRep progressive goes on expanded from epoch 3.6, ...`; empty where no row changes its stage. */
function boundariesInWords(rows: readonly RowRecord[]): string {
  const sentences = stageBoundaries(rows).map(
    ({ stage, epoch, rows: which }) =>
      `${which.map((index) => rows[index]?.label).join(', ')} ${stage} from epoch ${Number(epoch.toFixed(2))}`,
  );
  return sentences.length === 0 ? '' : ` Dotted uprights, changes of stage: ${sentences.join('; ')}.`;
}

/** The numbers behind one drawing, folded away. */
function numbers(rows: readonly RowRecord[], figure: CurveFigure, caption: string): string {
  const curves = rows.map((row) => new Map(meanCurve(row, figure)));
  const epochs = [...new Set(curves.flatMap((curve) => [...curve.keys()]))].sort((a, b) => a - b);
  const columns: HtmlColumn<number>[] = [
    { heading: 'epoch', numeric: true, cell: (epoch) => String(epoch) },
    ...rows.map(
      (row, index): HtmlColumn<number> => ({
        heading: row.label,
        numeric: true,
        cell: (epoch) => curves[index]?.get(epoch)?.toFixed(figure === 'testError' ? 2 : 4) ?? absent,
      }),
    ),
  ];
  return `<details><summary>${escapeMarkup(caption)}, in numbers</summary>${htmlTable(caption, columns, epochs)}</details>`;
}

/** Learning curves: test error and training loss by epoch, with their numbers. */
export async function curveSection(rows: readonly RowRecord[], baseline: number): Promise<string> {
  if (rows.every((row) => row.runs.length === 0)) return '';
  const styles = rowStyles(rows.length, baseline);
  const draw = (figure: CurveFigure, title: string) =>
    drawInBothForms(
      (form) => learningCurves(rows, styles, figure, form),
      (form) => (form === 'wide' ? 340 : 300),
      {
        id: figure.toLowerCase(),
        title,
        description: `${title}, one line a row; the numbers are in the table below.`,
      },
      'half',
    );
  const errors = await draw('testError', 'Test error by epoch');
  const losses = await draw('trainLoss', 'Training loss by epoch');
  const many = rows.some((row) => row.runs.length > 1);
  const caption = `${many ? 'Lines: means over the seeds; faint: single seeds.' : 'One seed.'}${boundariesInWords(rows)}`;
  return `<section aria-labelledby="h-curves"><h2 id="h-curves">Learning curves</h2>${legend(rows, styles)}<figure><div class="pair"><div>${errors}</div><div>${losses}</div></div><figcaption>${escapeMarkup(caption)}</figcaption></figure>${numbers(rows, 'testError', 'Test error in percent by epoch')}${numbers(rows, 'trainLoss', 'Training loss by epoch')}</section>`;
}
