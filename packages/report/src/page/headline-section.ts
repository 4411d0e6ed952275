import { figureIn, headlines } from '../comparison/figures';
import type { ComparisonResult, RowSummary } from '../comparison/summary';
import { bandOf, barDrawing } from '../drawing/bars';
import { type RowStyle, referenceStyle, rowStyles } from '../drawing/colours';
import { escapeMarkup } from '../drawing/escape';
import { choiceText } from '../wording/choices';
import { betterText, figureDigits, figureTitle, headingOf, titleOf } from '../wording/figures';
import { absent, counted, spreadText } from '../wording/numbers';
import { drawInBothForms } from './two-forms';

/** As in every other drawing of the rows; the references, which are in none, are pale. */
export function stylesOf(rows: readonly RowSummary[]): RowStyle[] {
  const compared = rows.filter(({ kind }) => kind !== 'reference');
  const styles = rowStyles(
    compared.length,
    compared.findIndex(({ kind }) => kind === 'baseline'),
  );
  return rows.map((row) => styles[compared.indexOf(row)] ?? referenceStyle);
}

const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Where a section stands in its page. */
export interface Place {
  /** Of its heading. */
  readonly level: 2 | 3;
  /** Before the names of its elements, which are unique in the page. */
  readonly prefix: string;
}

/** The poster's figure: for each task, its headline figure in every row. */
export function headlineSection({ rows, obtained }: ComparisonResult, { level, prefix }: Place): string {
  const shown = headlines(obtained.metrics);
  const styles = stylesOf(rows);
  const drawn: string[] = [];
  for (const [index, figure] of shown.entries()) {
    const bars = rows.map((row) => {
      const spread = figureIn(row.figures, figure) ?? { mean: null, sd: null, values: [] };
      const failed = row.seeds.length === 0 && row.failures.length > 0;
      return {
        label: row.label,
        ...spread,
        text: failed ? 'failed' : spreadText(spread, figureDigits(figure)),
      };
    });
    const baseline = bars[rows.findIndex(({ kind }) => kind === 'baseline')]?.mean ?? null;
    const name = `${titleOf(figure)} (${betterText(figure)})`;
    const told = bars.map(({ label, text }) => `${label} ${text === absent ? 'no figure' : text}`).join('; ');
    const drawing = drawInBothForms(
      (form, size) => barDrawing(bars, styles, { baseline, name, form }, size),
      (form) => 60 + rows.length * bandOf(form),
      {
        id: `${prefix}headline-${index + 1}`,
        title: `${figure.task}: ${headingOf(figure)}`,
        description: `${capital(betterText(figure))}: ${told}.`,
      },
    );
    const heading =
      shown.length > 1
        ? `<h${level + 1}>${escapeMarkup(`${figure.task}: ${titleOf(figure)}`)}</h${level + 1}>`
        : '';
    drawn.push(`${heading}${drawing}`);
  }
  const [first] = shown;
  const title =
    shown.length === 1 && first
      ? capital(figureTitle(first))
      : `The ${words[shown.length] ?? shown.length} tasks`;
  const many = rows.some(({ seeds }) => seeds.length > 1);
  const spread = many
    ? 'Bars: means over the seeds. Whiskers: one standard deviation. Rings: single seeds.'
    : `${counted(obtained.seeds.length, 'seed')}, so no spread is shown.`;
  const dashed = rows.some(({ kind, seeds }) => kind === 'baseline' && seeds.length > 0)
    ? ' Dashed: the baseline.'
    : '';
  const id = `${prefix}h-headline`;
  return `<section aria-labelledby="${id}"><h${level} id="${id}">${escapeMarkup(title)}</h${level}><figure>${drawn.join('')}<figcaption>${escapeMarkup(`${spread}${dashed} ${choiceText(rows)}`)}</figcaption></figure></section>`;
}
