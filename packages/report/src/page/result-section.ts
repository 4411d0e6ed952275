import { epochChoices } from '../comparison/choices';
import { figureIn } from '../comparison/figures';
import type { ComparisonResult, RowSummary } from '../comparison/summary';
import { escapeMarkup } from '../drawing/escape';
import { choiceName, choiceText, shownChoices } from '../wording/choices';
import { tablesOf } from '../wording/columns';
import { standingNote } from '../wording/differences';
import { figureDigits, headingsOf } from '../wording/figures';
import { failureTexts, improvementText, networksText } from '../wording/notes';
import { absent } from '../wording/numbers';
import { projectionNote, timeNote } from '../wording/obtained';
import { type HtmlColumn, htmlTable } from './html-table';

/** Runs that did not finish, above everything else; empty where all did. */
export function failureSection({ rows }: ComparisonResult): string {
  const failures = failureTexts(rows).map((text) => `<li>${escapeMarkup(text)}</li>`);
  return failures.length === 0
    ? ''
    : `<section class="alert" aria-label="Runs that failed"><p>Not every run finished; the figures leave these out.</p><ul>${failures.join('')}</ul></section>`;
}

/** The results as tables, with what their columns mean. */
export function resultSection(result: ComparisonResult): string {
  const tables = tablesOf(result).map(({ caption, columns, rows }) => htmlTable(caption, columns, rows));
  const notes = [
    choiceText(result.rows),
    improvementText(result),
    networksText(result),
    standingNote(result),
    timeNote(result),
    projectionNote(result),
    'Trained and deployed count parameters. The collapse gap is the largest relative difference between the trained and the collapsed network.',
  ];
  return `<section aria-labelledby="h-table"><h2 id="h-table">Results</h2>${tables.join('')}${notes
    .filter((note) => note !== '')
    .map((note) => `<p class="note">${escapeMarkup(note)}</p>`)
    .join('')}</section>`;
}

/** The other ways to choose the epoch, as they change figures; empty where there are none. */
export function choiceSection({ rows, obtained: { metrics } }: ComparisonResult): string {
  const shown = shownChoices(rows);
  const others = epochChoices.filter((choice) => shown.length > 1 || !shown.includes(choice));
  const headings = headingsOf(metrics);
  const tables = others.flatMap((choice) => {
    if (rows.every(({ choices }) => choices[choice] === null)) return [];
    const title = `By ${choiceName(choice, rows)}`;
    const columns: HtmlColumn<RowSummary>[] = [
      { heading: 'row', numeric: false, cell: ({ label }) => label },
      ...metrics.map(
        (figure, index): HtmlColumn<RowSummary> => ({
          heading: headings[index]!,
          numeric: true,
          cell({ choices }) {
            const means = choices[choice];
            return (means && figureIn(means, figure))?.toFixed(figureDigits(figure)) ?? absent;
          },
        }),
      ),
    ];
    return [`<details><summary>${escapeMarkup(title)}</summary>${htmlTable(title, columns, rows)}</details>`];
  });
  return tables.length === 0
    ? ''
    : `<section aria-labelledby="h-choices"><h2 id="h-choices">Other choices of the epoch</h2>${tables.join('')}</section>`;
}
