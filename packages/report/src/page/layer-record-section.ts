import type { ByLayer, LayerRecord } from '@overparam/training';
import { mean } from '../comparison/statistics';
import { absent, counted } from '../wording/numbers';
import { type HtmlColumn, htmlTable } from './html-table';

/** What a row's runs recorded of their layers while they trained. */
export interface RowLayerRecords {
  readonly label: string;
  /** A list for each run. */
  readonly runs: readonly (readonly LayerRecord[])[];
}

/** A quantity by layer: at the first and at the last record, or the mean of all. */
interface Quantity {
  readonly heading: string;
  readonly caption: string;
  readonly over: 'ends' | 'all';
  of(record: LayerRecord): ByLayer | undefined;
}

const quantities: readonly Quantity[] = [
  {
    heading: 'Norms',
    caption: 'Norm of the kernel that a layer collapses to, at the first and at the last record',
    over: 'ends',
    of: ({ norms }) => norms,
  },
  {
    heading: 'Gains',
    caption: "How much further an update moves a layer's kernel than plain SGD would, mean over the records",
    over: 'all',
    of: ({ gains }) => gains,
  },
  {
    heading: 'Effective ranks',
    caption: "Effective rank of a layer's kernel, at the first and at the last record",
    over: 'ends',
    of: ({ ranks }) => ranks,
  },
  {
    heading: 'Cosines between branches',
    caption:
      "Cosine between the kernels of a layer's branches, mean over its pairs, at the first and at the last record",
    over: 'ends',
    of: ({ similarities }) =>
      similarities &&
      Object.fromEntries(
        Object.entries(similarities).map(([layer, pairs]) => [layer, mean(Object.values(pairs))]),
      ),
  },
];

/** Numbers of a layer, a list for each run that has some. */
function valuesOf({ runs }: RowLayerRecords, { of }: Quantity, layer: string): number[][] {
  return runs
    .map((records) => records.flatMap((record) => of(record)?.[layer] ?? []))
    .filter((values) => values.length > 0);
}

/** Means over the runs: of what came first and last, or of all. */
function summaryOf(runs: readonly number[][], over: Quantity['over']): readonly number[] {
  if (runs.length === 0) return [];
  if (over === 'all') return [mean(runs.map(mean))];
  return [mean(runs.map((values) => values[0]!)), mean(runs.map((values) => values.at(-1)!))];
}

function quantityTable(rows: readonly RowLayerRecords[], quantity: Quantity): string {
  const layers = new Set(
    rows.flatMap(({ runs }) => runs.flat().flatMap((record) => Object.keys(quantity.of(record) ?? {}))),
  );
  if (layers.size === 0) return '';
  const columns: HtmlColumn<string>[] = [
    { heading: 'layer', numeric: false, cell: (layer) => layer },
    ...rows.map((row): HtmlColumn<string> => {
      const numbers = (layer: string) => summaryOf(valuesOf(row, quantity, layer), quantity.over);
      return {
        heading: row.label,
        numeric: true,
        cell: (layer) =>
          numbers(layer)
            .map((value) => value.toPrecision(3))
            .join(' → ') || absent,
        value: (layer) => numbers(layer).at(-1) ?? null,
      };
    }),
  ];
  return `<details><summary>${quantity.heading} of ${counted(layers.size, 'layer')}</summary>${htmlTable(quantity.caption, columns, [...layers])}</details>`;
}

/** What `layerRecords` wrote down of each layer, means over the seeds; empty where nothing was recorded. */
export function layerRecordSection(given: readonly RowLayerRecords[]): string {
  const rows = given.filter(({ runs }) => runs.some((records) => records.length > 0));
  const tables = quantities.map((quantity) => quantityTable(rows, quantity)).join('');
  if (tables === '') return '';
  const many = rows.some(({ runs }) => runs.length > 1) ? ' Means over the seeds.' : '';
  return `<section aria-labelledby="h-layer-records"><h2 id="h-layer-records">Layers while training</h2>${tables}<p class="note">From the records of layers of each run, layers.jsonl, which has all of them.${many}</p></section>`;
}
