import type { FigureSpec } from '../comparison/run-records';
import { bandOfRow, type CurveData, type CurveRow, type CurveSpec } from '../drawing/curve-data';
import { curveDrawing } from '../drawing/curves';
import { escapeMarkup } from '../drawing/escape';
import { absent } from '../wording/numbers';
import { type CurveSource, curveGroups, curveRows, stageBoundaries } from './curves';
import { type HtmlColumn, htmlTable } from './html-table';
import { legend } from './legend';
import { drawInBothForms } from './two-forms';

/** `TriRep progressive goes on expanded from epoch 3.6, ...`; empty where no row changes its stage. */
function boundariesInWords(rows: readonly CurveSource[]): string {
  const sentences = stageBoundaries(rows).map(
    ({ stage, epoch, rows: which }) =>
      `${which.map((index) => rows[index]?.label).join(', ')} ${stage} from epoch ${Number(epoch.toFixed(2))}`,
  );
  return sentences.length === 0 ? '' : ` Dotted uprights, changes of stage: ${sentences.join('; ')}.`;
}

/** Epochs that a table has lines for at most: a run of 200 with twelve curves would make a page of megabytes. */
const shownEpochs = 50;

/** Evenly chosen epochs with the last among them; all where there are few. */
function epochsShown(all: readonly number[]): readonly number[] {
  const step = Math.ceil(all.length / shownEpochs);
  return all.filter((_, index) => (all.length - 1 - index) % step === 0);
}

/** The numbers behind one drawing. */
function numbers(rows: readonly CurveRow[], { title, digits, column }: CurveSpec): string {
  const curves = rows.map((row) => new Map(bandOfRow(row, column).map(({ epoch, mean }) => [epoch, mean])));
  const all = [...new Set(curves.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  const epochs = epochsShown(all);
  const columns: HtmlColumn<number>[] = [
    { heading: 'epoch', numeric: true, cell: (epoch) => String(epoch) },
    ...rows.map(
      (row, index): HtmlColumn<number> => ({
        heading: row.label,
        numeric: true,
        cell: (epoch) => curves[index]?.get(epoch)?.toFixed(digits) ?? absent,
      }),
    ),
  ];
  const caption = `${title} by epoch${epochs.length < all.length ? '; every epoch is in the data of this page' : ''}`;
  return htmlTable(caption, columns, epochs);
}

/** What charts are drawn from; null where nothing was logged by epoch. */
export function curveData(rows: readonly CurveSource[], metrics: readonly FigureSpec[]): CurveData | null {
  const drawn = curveRows(rows, metrics);
  const curves = curveGroups(drawn, metrics).flatMap((group) => group.curves);
  const boundaries = stageBoundaries(rows).map(({ stage, epoch }) => ({ stage, epoch }));
  return curves.length === 0 ? null : { rows: drawn, curves, boundaries };
}

/** A chart, which the page's script makes one to explore. */
function chart({ rows, boundaries }: CurveData, spec: CurveSpec, share: 'half' | 'third' | 'full'): string {
  const curves = rows.map((row) => ({ ...row, points: bandOfRow(row, spec.column) }));
  const view = { title: spec.title, boundaries, range: null };
  const height = share === 'third' ? 240 : 320;
  const drawings = drawInBothForms(
    (form, size) => curveDrawing(curves, view, size, `${spec.id}-${form}-clip`),
    (form) => (form === 'wide' ? height : 280),
    {
      id: spec.id,
      title: `${spec.title} by epoch`,
      description: `${spec.title} by epoch, one line a row; the numbers are in a table below.`,
    },
    share,
  );
  return `<div class="chart" data-curve="${spec.id}" data-height="${height}">${drawings}</div>`;
}

/** Test figures, training losses, weights and cosines between gradients by epoch, with their numbers. */
export function curveSection(rows: readonly CurveSource[], metrics: readonly FigureSpec[]): string {
  const data = curveData(rows, metrics);
  if (data === null) return '';
  const groups = curveGroups(data.rows, metrics);
  const most = Math.max(...groups.map(({ curves }) => curves.length));
  const [share, layout] = most > 2 ? (['third', 'triple'] as const) : (['half', 'pair'] as const);
  // Groups of one curve each stand side by side.
  const shown = most > 1 ? groups : [{ title: null, curves: groups.flatMap(({ curves }) => curves) }];
  const parts = shown.map(({ title, curves }) => {
    const drawn = curves.map((curve) => chart(data, curve, share));
    const heading = title === null ? '' : `<h3>${escapeMarkup(title)}</h3>`;
    const tables = curves.map((curve) => numbers(data.rows, curve)).join('');
    const summary = escapeMarkup(`${title ?? 'The curves'}, in numbers`);
    return `${heading}<div class="${layout}">${drawn.join('')}</div><details><summary>${summary}</summary>${tables}</details>`;
  });
  const many = rows.some(({ runs }) => runs.length > 1);
  const cosines = groups.some(({ curves }) => curves.some(({ id }) => id.startsWith('cosine')));
  const caption = `${many ? 'Lines: means over the seeds. Bands: one standard deviation to both sides.' : 'One seed, so no bands are shown.'}${boundariesInWords(rows)}${
    cosines
      ? ' Cosines are of gradients of the shared parameters: over all updates where a balancer computes them, else on the last batch of each epoch.'
      : ''
  }`;
  const key = rows.length > 1 ? legend(rows, data.rows) : '';
  return `<section aria-labelledby="h-curves" id="curves"><h2 id="h-curves">Curves</h2>${key}<figure>${parts.join('')}<figcaption>${escapeMarkup(caption)}</figcaption></figure></section>`;
}
