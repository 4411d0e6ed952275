import type { FigureSpec, Obtained, Records } from '../compare/record';
import { combinedReference } from '../compare/references';
import { baselineIndex } from '../compare/summary';
import { summariseTasks, type TaskRowSummary } from '../compare/task-summary';
import {
  choiceName,
  choiceText,
  digitsOf,
  headingOf,
  headingsOf,
  improvementText,
  networksText,
  seedsText,
  spreadText,
  taskColumns,
  titleOf,
} from '../compare/task-table';
import { obtainedText, signed, timeNote } from '../compare/wording';
import type { Form } from './axes';
import { barChart } from './bars';
import { classSection } from './classes';
import { neutral, type RowStyle, rowStyles } from './colours';
import { document } from './document';
import { escapeMarkup } from './escape';
import { panelSection, type RowPictures } from './panels';
import { collapseSection, failureSection, obtainedSection } from './sections';
import { type HtmlColumn, htmlTable } from './table';
import { taskCurveSection } from './task-curves';
import { drawInBothForms } from './two-forms';

/** The figure that stands for a task: its first. */
function headlines({ metrics }: Obtained): FigureSpec[] {
  return metrics.filter((metric, index) => metrics.findIndex(({ task }) => task === metric.task) === index);
}

/** As in every other drawing of the rows; the references, which are in none, are pale. */
function stylesOf(rows: readonly TaskRowSummary[]): RowStyle[] {
  const compared = rows.filter(({ kind }) => kind !== 'reference');
  const styles = rowStyles(
    compared.length,
    compared.findIndex(({ kind }) => kind === 'baseline'),
  );
  return rows.map((row) => styles[compared.indexOf(row)] ?? { colour: neutral.line, dash: [] });
}

/** The poster's figure: for each task, its headline figure in every row. */
export async function headlineSection(rows: readonly TaskRowSummary[], obtained: Obtained): Promise<string> {
  const baseline = rows.findIndex(({ kind }) => kind === 'baseline');
  const styles = stylesOf(rows);
  const drawn: string[] = [];
  for (const [index, metric] of headlines(obtained).entries()) {
    const bars = rows.map(({ label, figures }) => ({
      label,
      ...figures[metric.figure]!,
      text: spreadText(figures[metric.figure], digitsOf(metric)),
    }));
    const better = metric.direction === 'higher' ? 'higher is better' : 'lower is better';
    const title = `${metric.task}: ${headingOf(metric)}`;
    const words = bars.map(({ label, text }) => `${label} ${text}`).join('; ');
    const drawing = await drawInBothForms(
      (form) =>
        barChart(bars, styles, {
          baseline: bars[baseline]?.mean ?? null,
          name: `${titleOf(metric)} (${better})`,
          form,
        }),
      (form: Form) => 60 + rows.length * (form === 'wide' ? 38 : 42),
      { id: `headline-${index + 1}`, title, description: `${better}: ${words}.` },
    );
    drawn.push(`<h3>${escapeMarkup(metric.task)}</h3>${drawing}`);
  }
  const many = rows.some(({ figures }) => Object.values(figures).some(({ values }) => values.length > 1));
  const spread = many
    ? 'Whiskers: one standard deviation over the seeds. Rings: single seeds. '
    : 'One seed, so no spread is shown. ';
  const heading = drawn.length === 3 ? 'The three tasks' : 'The tasks';
  const caption = `${spread}Dashed: the baseline. ${choiceText(rows, obtained)}`;
  return `<section aria-labelledby="h-headline"><h2 id="h-headline">${heading}</h2><figure>${drawn.join('')}<figcaption>${escapeMarkup(caption)}</figcaption></figure></section>`;
}

function resultSection(rows: readonly TaskRowSummary[], obtained: Obtained): string {
  const { name, figures, costs } = taskColumns(rows, obtained);
  const choice = choiceName(obtained.evaluation, rows);
  const tables = [
    htmlTable(`Test figures of ${choice}`, [name, ...figures], rows),
    htmlTable('What the rows cost', [name, ...costs], rows),
  ];
  const notes = [
    choiceText(rows, obtained),
    improvementText(rows, obtained),
    networksText(rows),
    seedsText(obtained),
    timeNote(obtained),
  ].filter((note) => note !== '');
  return `<section aria-labelledby="h-table"><h2 id="h-table">Results</h2>${tables.join('')}${notes
    .map((note) => `<p class="note">${escapeMarkup(note)}</p>`)
    .join('')}</section>`;
}

/** The row's name, and a column for each figure. */
function figureColumns(
  metrics: Obtained['metrics'],
  column: (metric: Obtained['metrics'][number]) => Pick<HtmlColumn<TaskRowSummary>, 'cell' | 'className'>,
): HtmlColumn<TaskRowSummary>[] {
  const headings = headingsOf(metrics);
  const name: HtmlColumn<TaskRowSummary> = { heading: 'row', numeric: false, cell: ({ label }) => label };
  return [
    name,
    ...metrics.map((metric, index) => ({ heading: headings[index]!, numeric: true, ...column(metric) })),
  ];
}

/** Paired differences to the baseline with their intervals; empty with one seed. */
function differenceSection(rows: readonly TaskRowSummary[], { metrics }: Obtained): string {
  const shown = rows.filter(
    ({ kind, differences }) => kind === 'row' && Object.values(differences).some(Boolean),
  );
  if (shown.length === 0) return '';
  const columns = figureColumns(metrics, (metric) => ({
    cell({ differences }) {
      const interval = differences[metric.figure];
      return interval ? `${signed(interval.mean)} [${signed(interval.low)}, ${signed(interval.high)}]` : '-';
    },
    className({ differences }) {
      const interval = differences[metric.figure];
      if (!interval || (interval.low <= 0 && interval.high >= 0)) return '';
      return interval.low > 0 === (metric.direction === 'higher') ? 'better' : 'worse';
    },
  }));
  const table = htmlTable(
    'This row minus the baseline, paired by seed, with the 95 % interval',
    columns,
    shown,
  );
  return `<section aria-labelledby="h-differences"><h2 id="h-differences">Difference to the baseline</h2>${table}<p class="note">An interval that holds zero decides nothing; with this many figures some leave it out by chance.</p></section>`;
}

/** The other ways to choose the epoch, as they change figures. */
function choiceSection(rows: readonly TaskRowSummary[], { metrics, evaluation }: Obtained): string {
  const others = (['last', 'meanOfLast', 'best'] as const).filter((choice) => choice !== evaluation);
  const tables = others.flatMap((choice) => {
    if (rows.every(({ choices }) => choices[choice] === null)) return [];
    const title = `By ${choiceName(choice, rows)}`;
    const columns = figureColumns(metrics, (metric) => ({
      cell: ({ choices }) => choices[choice]?.[metric.figure]?.toFixed(digitsOf(metric)) ?? '-',
    }));
    return [`<details><summary>${escapeMarkup(title)}</summary>${htmlTable(title, columns, rows)}</details>`];
  });
  return tables.length === 0
    ? ''
    : `<section aria-labelledby="h-choices"><h2 id="h-choices">Other choices of the epoch</h2>${tables.join('')}</section>`;
}

/** What came out, claiming no more than the seeds allow. */
function leads(rows: readonly TaskRowSummary[], obtained: Obtained): string[] {
  const baseline = rows.find(({ kind }) => kind === 'baseline');
  if (!baseline) return ['No baseline finished, so the rows stand for themselves.', seedsText(obtained)];
  const figures = headlines(obtained).map(
    (metric) =>
      `${metric.task} ${spreadText(baseline.figures[metric.figure], digitsOf(metric))}${metric.unit === '' ? '' : ` ${metric.unit}`}`,
  );
  return [`${baseline.label}: ${figures.join(', ')}.`, seedsText(obtained)];
}

/**
 * The report of a comparison of several tasks as one HTML page: the poster's figures, table, curves, classes, pictures
 * and how all of it was obtained. It loads nothing: style, drawings and pictures are inside.
 *
 * @returns the page's text, to be written as UTF-8
 */
export async function renderTaskPage(
  records: Records,
  obtained: Obtained,
  pictures: readonly RowPictures[],
): Promise<string> {
  const rows = summariseTasks(records, obtained);
  const baseline = baselineIndex(records.rows);
  const combined = combinedReference(records.references);
  const tasks = [...new Set(obtained.metrics.map(({ task }) => task))];
  const sections = [
    failureSection(rows),
    await headlineSection(rows, obtained),
    resultSection(rows, obtained),
    differenceSection(rows, obtained),
    panelSection(pictures, tasks),
    await taskCurveSection(records.rows, baseline, obtained),
    classSection(combined ? [combined, ...records.rows] : records.rows, obtained),
    choiceSection(rows, obtained),
    collapseSection(records.rows),
    obtainedSection(obtained),
  ];
  return document(obtained.title, leads(rows, obtained), obtainedText(obtained), sections);
}
