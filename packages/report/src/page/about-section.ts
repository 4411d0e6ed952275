import type { RowRecord } from '../comparison/records';
import type { ComparisonResult } from '../comparison/summary';
import { escapeMarkup } from '../drawing/escape';
import { effortText, fairnessText } from '../wording/effort';
import { absent, counted, gapText } from '../wording/numbers';
import { imagesText, testedText } from '../wording/obtained';
import { type HtmlColumn, htmlTable } from './html-table';

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
  return `<section aria-labelledby="h-collapse"><h2 id="h-collapse">Collapse, layer by layer</h2><details><summary>Gaps of ${counted(layers.length, 'layer')}</summary>${htmlTable(caption, columns, layers)}</details></section>`;
}

/** How the numbers were obtained. */
export function obtainedSection(result: ComparisonResult): string {
  const { rows, obtained } = result;
  const entries: readonly (readonly [string, string])[] = [
    ['Data', `${obtained.dataset}: ${obtained.provenance}`],
    ['Images', imagesText(result)],
    ['Network', obtained.backbone],
    ['Training', effortText(rows)],
    ['Recipe', obtained.recipe],
    ['Departures', obtained.recipeDifferences.join('; ')],
    ['Seeds', obtained.seeds.join(', ')],
    ['Fairness', fairnessText(rows, obtained.recipeDifferences)],
    ['Test', testedText(result)],
    ['Engine', obtained.engine],
    [
      'Machine',
      `${counted(obtained.cores, 'core')}${obtained.runsAtOnce > 1 ? `, up to ${obtained.runsAtOnce} runs at once` : ', one run at a time'}`,
    ],
  ];
  return `<section aria-labelledby="h-obtained"><h2 id="h-obtained">How it was obtained</h2><dl>${entries
    .filter(([, text]) => text !== '')
    .map(([term, text]) => `<dt>${escapeMarkup(term)}</dt><dd>${escapeMarkup(text)}</dd>`)
    .join('')}</dl></section>`;
}
