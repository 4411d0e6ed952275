import type { Figure, ScoreDetails } from '@overparam/training';
import type { Obtained, RowRecord, SeedRun } from '../comparison/records';
import { mean } from '../comparison/statistics';
import { escapeMarkup } from '../drawing/escape';
import { absent } from '../wording/numbers';
import { type HtmlColumn, htmlTable } from './html-table';

/** What is shown class by class: rows whose runs may still be at work. */
export interface ClassSource extends Pick<RowRecord, 'label'> {
  readonly runs: readonly Pick<SeedRun, 'details'>[];
}

/** What lies behind a task's figures in each run of a row. */
function detailsOf({ runs }: ClassSource, task: string): ScoreDetails[] {
  return runs.flatMap(({ details }) => (details[task] ? [details[task]] : []));
}

/** Intersections over union of a run, in percent; null for a class that is nowhere. None where the task has no such thing. */
function classIoU({ classIoU: values = [] }: ScoreDetails): readonly Figure[] {
  return values as readonly Figure[];
}

/** Counts by true and by predicted class. */
function confusion({ confusionMatrix: counts = [] }: ScoreDetails): readonly (readonly number[])[] {
  return counts as readonly (readonly number[])[];
}

/** Mean over the seeds that have the class. */
function meanIoU(row: ClassSource, task: string, index: number): number | null {
  const values = detailsOf(row, task).flatMap((details) => classIoU(details)[index] ?? []);
  const counted = values.filter((value) => value !== null);
  return counted.length === 0 ? null : mean(counted);
}

/** Confusion matrix of the first seed: shares of each true class, darker where larger. */
function confusionTable(row: ClassSource, task: string, names: readonly string[]): string {
  const matrix = detailsOf(row, task).map(confusion)[0] ?? [];
  if (matrix.length === 0) return '';
  const head = names.map((name) => `<th scope="col"><span>${escapeMarkup(name)}</span></th>`).join('');
  const body = matrix.map((counts, truth) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const cells = counts.slice(0, names.length).map((count, predicted) => {
      const share = total > 0 ? count / total : 0;
      const shown = share >= 0.005 ? Math.round(100 * share) : '';
      const about = `${names[truth]} predicted as ${names[predicted]}: ${(100 * share).toFixed(1)} %`;
      return `<td style="--share:${share.toFixed(3)}" title="${escapeMarkup(about)}">${shown}</td>`;
    });
    return `<tr><th scope="row">${escapeMarkup(names[truth] ?? String(truth))}</th>${cells.join('')}</tr>`;
  });
  const caption = `${row.label}: shares in percent, rows are the truth`;
  return `<details><summary>Confusion matrix of ${escapeMarkup(row.label)}</summary><div class="scroll" role="region" aria-label="${escapeMarkup(caption)}" tabindex="0"><table class="confusion"><caption>${escapeMarkup(caption)}</caption><thead><tr><td></td>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div></details>`;
}

function taskSection(rows: readonly ClassSource[], task: string, names: readonly string[]): string {
  const columns: HtmlColumn<number>[] = [
    { heading: 'class', numeric: false, cell: (index) => names[index] ?? String(index) },
    ...rows.map(
      (row): HtmlColumn<number> => ({
        heading: row.label,
        numeric: true,
        cell: (index) => meanIoU(row, task, index)?.toFixed(1) ?? absent,
      }),
    ),
  ];
  const measured = rows.some((row) => detailsOf(row, task).some((details) => classIoU(details).length > 0));
  const table = measured
    ? htmlTable(
        `${task}: intersection over union by class, percent`,
        columns,
        names.map((_, index) => index),
      )
    : '';
  return `${table}${rows.map((row) => confusionTable(row, task, names)).join('')}`;
}

/** Figures by class and confusion matrices of every task that has some; empty where none has. */
export function classSection(
  rows: readonly ClassSource[],
  { classNames }: Pick<Obtained, 'classNames'>,
): string {
  const runs = rows.flatMap((row) => row.runs);
  const tasks = [...new Set(runs.flatMap(({ details }) => Object.keys(details)))];
  const parts = tasks.map((task) => {
    const all = rows.flatMap((row) => detailsOf(row, task));
    const count = Math.max(
      ...all.flatMap((details) => [classIoU(details).length, confusion(details).length]),
    );
    const names = classNames[task] ?? Array.from({ length: count }, (_, index) => `class ${index}`);
    return count === 0 ? '' : taskSection(rows, task, names);
  });
  if (parts.every((part) => part === '')) return '';
  return `<section aria-labelledby="h-classes"><h2 id="h-classes">Class by class</h2>${parts.join('')}<p class="note">After the last epoch, on the test split; IoU is the mean over the seeds, matrices are the first seed's. A class that is neither there nor predicted has no figure.</p></section>`;
}
