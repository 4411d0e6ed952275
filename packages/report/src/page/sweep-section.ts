import type { ChosenRow, TriedSetting } from '../comparison/chosen';
import { figureIn } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import type { ComparisonResult } from '../comparison/summary';
import { type RowStyle, referenceStyle, rowStyles } from '../drawing/colours';
import { escapeMarkup } from '../drawing/escape';
import { sweepDrawing, sweepPoints } from '../drawing/sweep';
import {
  chosenKeys,
  chosenTable,
  costOfChoosing,
  edgeText,
  failedSettings,
  howChosen,
  judgedBy,
  settingText,
} from '../wording/chosen';
import { betterText, figureDigits, headingsOf, ofTask, titleOf } from '../wording/figures';
import { absent, counted } from '../wording/numbers';
import { type HtmlColumn, htmlTable } from './html-table';
import { legend } from './legend';
import { drawInBothForms } from './two-forms';

/** As in every other drawing of the rows; the single-task networks are in none, and grey. */
function stylesOf(chosen: readonly ChosenRow[], { rows }: ComparisonResult): RowStyle[] {
  const compared = rows.filter(({ kind }) => kind !== 'reference');
  const styles = rowStyles(
    compared.length,
    compared.findIndex(({ kind }) => kind === 'baseline'),
  );
  return chosen.map(
    ({ label }) => styles[compared.findIndex((row) => row.label === label)] ?? referenceStyle,
  );
}

/** All that was tried, folded away as it is long. */
function triedTable(rows: readonly ChosenRow[], figures: readonly FigureSpec[]): string {
  type Entry = TriedSetting & { readonly label: string; readonly isChosen: boolean };
  const entries = rows.flatMap(({ label, tried, setting }) => {
    const last = Math.max(...tried.map(({ rung }) => rung));
    return tried.map((one): Entry => {
      const isChosen = one.rung === last && JSON.stringify(one.setting) === JSON.stringify(setting);
      return { ...one, label, isChosen };
    });
  });
  const headings = headingsOf(figures);
  const columns: HtmlColumn<Entry>[] = [
    { heading: 'row', numeric: false, cell: ({ label }) => label },
    { heading: 'setting', numeric: false, cell: ({ setting }) => settingText(setting) },
    { heading: 'epochs', numeric: true, cell: ({ epochs }) => String(epochs) },
    ...figures.map(
      (figure, index): HtmlColumn<Entry> => ({
        heading: headings[index]!,
        numeric: true,
        cell: ({ figures: own, failure }) => {
          if (failure !== null) return 'failed';
          return (own && figureIn(own, figure))?.toFixed(figureDigits(figure)) ?? absent;
        },
      }),
    ),
    { heading: '', numeric: false, cell: ({ isChosen }) => (isChosen ? 'chosen' : '') },
  ];
  const summary = `${counted(entries.length, 'setting')}, in numbers`;
  return `<details><summary>${summary}</summary>${htmlTable('Every setting that was tried, by figures on the validation images', columns, entries)}</details>`;
}

/** `plain 0.1: 62.10 %, 0.3: 56.00 %`, for people who do not see the drawing. */
function told(rows: readonly ChosenRow[], key: string, figure: FigureSpec): string {
  return rows
    .map((row) => {
      const points = sweepPoints(row, key, figure).map(
        ([value, own]) => `${value}: ${own.toFixed(figureDigits(figure))}`,
      );
      return `${row.label} ${points.length === 0 ? 'no figure' : points.join(', ')}`;
    })
    .join('; ');
}

/** What was chosen for each row and how figures depend on it; empty where nothing was chosen. */
export function sweepSection(result: ComparisonResult): string {
  const { chosen, obtained } = result;
  const table = chosenTable(result);
  if (!chosen || !table) return '';
  const styles = stylesOf(chosen.rows, result);
  const figures = judgedBy(chosen, obtained.metrics);
  const keys = chosenKeys(chosen);
  const drawn = keys.flatMap((key) =>
    figures.flatMap((figure) => {
      const most = Math.max(...chosen.rows.map((row) => sweepPoints(row, key, figure).length));
      return most > 1 ? [{ key, figure }] : [];
    }),
  );
  const parts: string[] = [];
  for (const [index, { key, figure }] of drawn.entries()) {
    const title = ofTask(figure.task, `validation ${titleOf(figure)} over ${key}`, obtained.metrics);
    const rows = chosen.rows.filter((row) => sweepPoints(row, key, figure).length > 0);
    const own = rows.map((row) => styles[chosen.rows.indexOf(row)]!);
    const name = `${titleOf(figure)} (${betterText(figure)})`;
    const drawing = drawInBothForms(
      (_, size) => sweepDrawing(rows, own, { key, figure, name }, size),
      (form) => (form === 'wide' ? 320 : 280),
      { id: `sweep-${index + 1}`, title, description: `${title}: ${told(rows, key, figure)}.` },
      drawn.length > 1 ? 'half' : 'full',
    );
    parts.push(`<div><h3>${escapeMarkup(title)}</h3>${drawing}</div>`);
  }
  const several = keys.length > 1 ? ' For each value, the best of what was tried with it.' : '';
  const rungs = chosen.rows.some(({ tried }) => tried.some(({ rung }) => rung > 0))
    ? ' Of runs that got longer, the longest of each value: points of one line may have trained for different times.'
    : '';
  const figure =
    parts.length === 0
      ? ''
      : `${legend(chosen.rows, styles)}<figure><div class="${parts.length > 1 ? 'pair' : ''}">${parts.join('')}</div><figcaption>${escapeMarkup(`One line a row; the larger dot is what was chosen.${several}${rungs}`)}</figcaption></figure>`;
  const notes = [howChosen(result), costOfChoosing(result), edgeText(result)].filter((note) => note !== '');
  const failures = failedSettings(result).map((text) => `<li>${escapeMarkup(text)}</li>`);
  const failed =
    failures.length === 0
      ? ''
      : `<p class="note">Settings that failed while choosing, and so counted as worst:</p><ul class="note">${failures.join('')}</ul>`;
  return `<section aria-labelledby="h-sweep"><h2 id="h-sweep">What was chosen</h2>${notes
    .map((note) => `<p>${escapeMarkup(note)}</p>`)
    .join(
      '',
    )}${figure}${htmlTable(table.caption, table.columns, table.rows)}${failed}${triedTable(chosen.rows, figures)}</section>`;
}
