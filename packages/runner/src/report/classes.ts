import type { ClassFigures, Obtained, RowRecord } from '../compare/record';
import { absent } from '../compare/wording';
import { escapeMarkup } from './escape';
import { type HtmlColumn, htmlTable } from './table';

/** A run's figures by class of one task. */
function classesOf(row: RowRecord, task: string): ClassFigures[] {
  return row.runs.flatMap((run) => run.classes.filter((figures) => figures.task === task));
}

/** Mean over the seeds that have the class. */
function meanIoU(row: RowRecord, task: string, index: number): number | null {
  const values = classesOf(row, task).flatMap(({ classIoU }) => classIoU[index] ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Confusion matrix of the first seed: shares of each true class, darker where larger. */
function confusionTable(row: RowRecord, task: string, names: readonly string[]): string {
  const matrix = classesOf(row, task)[0]?.confusionMatrix;
  if (!matrix) return '';
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

function taskSection(rows: readonly RowRecord[], task: string, names: readonly string[]): string {
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
  const caption = `${task}: intersection over union by class, percent`;
  const matrices = rows.map((row) => confusionTable(row, task, names)).join('');
  return `${htmlTable(
    caption,
    columns,
    names.map((_, index) => index),
  )}${matrices}`;
}

/** IoU by class and confusion matrices of every segmentation; empty where there is none. */
export function classSection(rows: readonly RowRecord[], { classNames }: Obtained): string {
  const tasks = [
    ...new Set(rows.flatMap(({ runs }) => runs.flatMap(({ classes }) => classes.map(({ task }) => task)))),
  ];
  if (tasks.length === 0) return '';
  const parts = tasks.map((task) => {
    const count = rows.flatMap((row) => classesOf(row, task))[0]!.classIoU.length;
    const names = classNames[task] ?? Array.from({ length: count }, (_, index) => `class ${index}`);
    return taskSection(rows, task, names);
  });
  return `<section aria-labelledby="h-classes"><h2 id="h-classes">Class by class</h2>${parts.join('')}<p class="note">After the last epoch, on the test split; IoU is the mean over the seeds, matrices are the first seed's. A class that is neither there nor predicted has no figure.</p></section>`;
}
