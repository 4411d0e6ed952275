import type { Obtained, RowRecord } from '../compare/record';
import { baselineIndex, type RowSummary, summarise } from '../compare/summary';
import { obtainedText } from '../compare/wording';
import type { Form } from './axes';
import { rowStyles } from './colours';
import { curveSection } from './curve-section';
import { document } from './document';
import { differencePlot, errorBars } from './figures';
import { headline } from './headline';
import { collapseSection, failureSection, obtainedSection, tableSection } from './sections';
import { drawInBothForms } from './two-forms';

function barHeight(count: number, form: Form): number {
  return 60 + count * (form === 'wide' ? 42 : 44);
}

/** What the bars show, in words, for people who do not see them. */
function barsInWords(rows: readonly RowSummary[]): string {
  const entries = rows.map(
    ({ label, top1Error: { mean } }) => `${label} ${mean === null ? 'failed' : mean.toFixed(2)}`,
  );
  return `Mean top-1 error in percent, lower is better: ${entries.join('; ')}.`;
}

/** The poster's figure: the mean top-1 error of every row. */
export async function errorSection(rows: readonly RowSummary[], baseline: number): Promise<string> {
  const styles = rowStyles(rows.length, baseline);
  const drawing = await drawInBothForms(
    (form) => errorBars(rows, styles, form),
    (form) => barHeight(rows.length, form),
    { id: 'errors', title: 'Top-1 error of each row', description: barsInWords(rows) },
  );
  const many = rows.some((row) => row.top1Error.values.length > 1);
  const caption = many
    ? 'Bars: mean top-1 error of the collapsed networks on the test images. Whiskers: one standard deviation over the seeds. Rings: single seeds. Dashed: the baseline.'
    : 'Top-1 error of the collapsed networks on the test images, one seed. Dashed: the baseline.';
  return `<section aria-labelledby="h-errors"><h2 id="h-errors">Top-1 error</h2><figure>${drawing}<figcaption>${caption}</figcaption></figure></section>`;
}

async function differenceSection(rows: readonly RowSummary[], baseline: number): Promise<string> {
  const drawn = rows.filter((row) => row.difference !== null);
  if (drawn.length === 0) return '';
  const styles = rowStyles(rows.length, baseline);
  const words = drawn.map(({ label, difference }) => `${label} ${difference?.mean.toFixed(2)}`).join('; ');
  const drawing = await drawInBothForms(
    (form) => differencePlot(rows, styles, form),
    (form) => barHeight(drawn.length, form),
    {
      id: 'differences',
      title: 'Paired difference of each row to the baseline',
      description: `Mean difference in percentage points, negative is better: ${words}.`,
    },
  );
  return `<section aria-labelledby="h-differences"><h2 id="h-differences">Difference to the baseline</h2><figure>${drawing}<figcaption>Paired by seed, with the 95 % Student interval. An interval that crosses the dashed line decides nothing.</figcaption></figure></section>`;
}

/**
 * The report of a comparison as one HTML page: the poster's figure, differences, table, learning curves and how
 * all of it was obtained. It loads nothing: style and drawings are inside.
 *
 * @returns the page's text, to be written as UTF-8
 */
export async function renderPage(rows: readonly RowRecord[], obtained: Obtained): Promise<string> {
  const summaries = summarise(rows);
  const baseline = baselineIndex(rows);
  const sections = [
    failureSection(summaries),
    await errorSection(summaries, baseline),
    await differenceSection(summaries, baseline),
    tableSection(summaries, obtained),
    await curveSection(rows, baseline),
    collapseSection(rows),
    obtainedSection(obtained),
  ];
  return document(obtained.title, headline(summaries, obtained), obtainedText(obtained), sections);
}
