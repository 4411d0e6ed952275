import type { RowRecord } from '../comparison/records';
import type { FigureSpec } from '../comparison/run-records';
import { absent } from '../wording/numbers';
import { rowStyles } from './colours';
import { type Curve, curveChart, curveGroups, drawsSeeds, meanCurve, stageBoundaries } from './curves';
import { escapeMarkup } from './escape';
import { type HtmlColumn, htmlTable } from './html-table';
import { legend } from './legend';
import { drawInBothForms } from './two-forms';

/** `TriRep progressive goes on expanded from epoch 3.6, ...`; empty where no row changes its stage. */
function boundariesInWords(rows: readonly RowRecord[]): string {
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
function numbers(rows: readonly RowRecord[], curve: Curve): string {
  const curves = rows.map((row) => new Map(meanCurve(row, curve)));
  const all = [...new Set(curves.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  const epochs = epochsShown(all);
  const columns: HtmlColumn<number>[] = [
    { heading: 'epoch', numeric: true, cell: (epoch) => String(epoch) },
    ...rows.map(
      (row, index): HtmlColumn<number> => ({
        heading: row.label,
        numeric: true,
        cell: (epoch) => curves[index]?.get(epoch)?.toFixed(curve.digits) ?? absent,
      }),
    ),
  ];
  const caption = `${curve.title} by epoch${epochs.length < all.length ? '; every epoch is in compare.json' : ''}`;
  return htmlTable(caption, columns, epochs);
}

/** Test figures, training losses, weights and cosines between gradients by epoch, with their numbers. */
export async function curveSection(
  rows: readonly RowRecord[],
  metrics: readonly FigureSpec[],
): Promise<string> {
  const groups = curveGroups(rows, metrics);
  if (groups.length === 0) return '';
  const styles = rowStyles(
    rows.length,
    rows.findIndex(({ kind }) => kind === 'baseline'),
  );
  const most = Math.max(...groups.map(({ curves }) => curves.length));
  const [share, layout] = most > 2 ? (['third', 'triple'] as const) : (['half', 'pair'] as const);
  const height = share === 'third' ? 230 : 320;
  const draw = async (curve: Curve) => {
    const drawing = await drawInBothForms(
      (form) => curveChart(rows, styles, curve, form),
      (form) => (form === 'wide' ? height : 280),
      {
        id: curve.id,
        title: `${curve.title} by epoch`,
        description: `${curve.title} by epoch, one line a row; the numbers are in a table below.`,
      },
      share,
    );
    return `<div>${drawing}</div>`;
  };
  // Groups of one curve each stand side by side.
  const shown = most > 1 ? groups : [{ title: null, curves: groups.flatMap(({ curves }) => curves) }];
  const parts: string[] = [];
  for (const { title, curves } of shown) {
    const drawn: string[] = [];
    for (const curve of curves) drawn.push(await draw(curve));
    const heading = title === null ? '' : `<h3>${escapeMarkup(title)}</h3>`;
    const tables = curves.map((curve) => numbers(rows, curve)).join('');
    const summary = escapeMarkup(`${title ?? 'The curves'}, in numbers`);
    parts.push(
      `${heading}<div class="${layout}">${drawn.join('')}</div><details><summary>${summary}</summary>${tables}</details>`,
    );
  }
  const many = rows.some(({ runs }) => runs.length > 1);
  const cosines = groups.some(({ curves }) => curves.some(({ id }) => id.startsWith('cosine')));
  const lines = drawsSeeds(rows)
    ? 'Lines: means over the seeds; faint: single seeds.'
    : 'Lines: means over the seeds.';
  const caption = `${many ? lines : 'One seed.'}${boundariesInWords(rows)}${
    cosines
      ? ' Cosines are of gradients of the shared parameters: over all updates where a balancer computes them, else on the last batch of each epoch.'
      : ''
  }`;
  return `<section aria-labelledby="h-curves"><h2 id="h-curves">Curves</h2>${legend(rows, styles)}<figure>${parts.join('')}<figcaption>${escapeMarkup(caption)}</figcaption></figure></section>`;
}
