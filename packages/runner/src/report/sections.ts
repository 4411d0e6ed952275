import type { Obtained, RowRecord } from '../compare/record';
import type { RowSummary } from '../compare/summary';
import { columnsOf } from '../compare/table';
import { comparesTasks } from '../compare/task-summary';
import { absent, gapText, projectionNote, standingNote, timeNote } from '../compare/wording';
import { escapeMarkup } from './escape';
import { type HtmlColumn, htmlTable } from './table';

/** The results as a table, with what its columns mean. */
export function tableSection(rows: readonly RowSummary[], obtained: Obtained): string {
  const columns = columnsOf(rows).map(
    (column): HtmlColumn<RowSummary> =>
      column.heading === 'vs baseline' ? { ...column, className: (row) => row.standing } : column,
  );
  const caption = 'After collapse, on the test images';
  const notes = [
    standingNote(rows, obtained),
    timeNote(obtained),
    projectionNote(rows, obtained),
    'Trained and deployed count parameters. The collapse gap is the largest relative difference between the trained and the collapsed network.',
  ];
  return `<section aria-labelledby="h-table"><h2 id="h-table">Results</h2>${htmlTable(caption, columns, rows)}${notes
    .filter((note) => note !== '')
    .map((note) => `<p class="note">${escapeMarkup(note)}</p>`)
    .join('')}</section>`;
}

/** Runs that did not finish, above everything else; empty where all did. */
export function failureSection(rows: readonly Pick<RowSummary, 'label' | 'failures'>[]): string {
  const failures = rows.flatMap((row) =>
    row.failures.map(
      ({ seed, message }) => `<li>${escapeMarkup(`${row.label}, seed ${seed}: ${message}`)}</li>`,
    ),
  );
  return failures.length === 0
    ? ''
    : `<section class="alert" aria-label="Runs that failed"><p>Not every run finished; the figures leave these out.</p><ul>${failures.join('')}</ul></section>`;
}

/** The gap of every expanded layer, the worst over the seeds, folded away as it is long. */
export function collapseSection(rows: readonly RowRecord[]): string {
  const gaps = rows.map((row) => {
    const worst = new Map<string, number>();
    for (const { layer, gap } of row.runs.flatMap((run) => run.layers)) {
      worst.set(layer, Math.max(worst.get(layer) ?? 0, gap));
    }
    return { row, worst };
  });
  const layers = [...new Set(gaps.flatMap(({ worst }) => [...worst.keys()]))];
  if (layers.length === 0) return '';
  const shown = gaps.filter(({ worst }) => worst.size > 0);
  const columns: HtmlColumn<string>[] = [
    { heading: 'layer', numeric: false, cell: (layer) => layer },
    ...shown.map(
      ({ row, worst }): HtmlColumn<string> => ({
        heading: row.label,
        numeric: true,
        cell: (layer) => (worst.has(layer) ? gapText(worst.get(layer) ?? null) : absent),
      }),
    ),
  ];
  const caption = 'Relative gap between each expanded layer and its collapsed form, worst over the seeds';
  return `<section aria-labelledby="h-collapse"><h2 id="h-collapse">Collapse, layer by layer</h2><details><summary>Gaps of ${layers.length} layers</summary>${htmlTable(caption, columns, layers)}</details></section>`;
}

/** How the numbers were obtained. */
export function obtainedSection(obtained: Obtained): string {
  const entries: readonly (readonly [string, string])[] = [
    ['Data', `${obtained.dataset}: ${obtained.provenance}`],
    [
      'Images',
      `${obtained.trainImages.toLocaleString('en-US')} for training, ${obtained.testImages.toLocaleString('en-US')} for testing${comparesTasks(obtained) ? '' : `, ${obtained.classes} classes`}`,
    ],
    ['Network', obtained.backbone],
    [
      'Training',
      `${obtained.epochs} epochs, batch ${obtained.batch}, ${obtained.gradientEvaluations.toLocaleString('en-US')} gradient evaluations in every row`,
    ],
    ['Recipe', obtained.recipe],
    ...(obtained.recipeDifferences.length > 0
      ? [['Departures', obtained.recipeDifferences.join('; ')] as const]
      : []),
    ['Seeds', obtained.seeds.join(', ')],
    [
      'Fairness',
      'With one seed all rows start from the same plain weights where the method can, see the same images in the same order, and spend the same number of gradient evaluations.',
    ],
    [
      'Test',
      comparesTasks(obtained) && obtained.evaluation !== 'last'
        ? 'Figures of the network as it was trained; the collapsed one was checked against it after the last epoch.'
        : `${comparesTasks(obtained) ? 'Figures' : 'Top-1 error'} of the collapsed network, after it was checked against the trained one.`,
    ],
    ['Engine', obtained.engine],
    [
      'Machine',
      `${obtained.cores} cores${obtained.runsAtOnce > 1 ? `, up to ${obtained.runsAtOnce} runs at once` : ', one run at a time'}`,
    ],
  ];
  return `<section aria-labelledby="h-obtained"><h2 id="h-obtained">How it was obtained</h2><dl>${entries
    .map(([term, text]) => `<dt>${escapeMarkup(term)}</dt><dd>${escapeMarkup(text)}</dd>`)
    .join('')}</dl></section>`;
}
