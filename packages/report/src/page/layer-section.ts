import type { RunResult } from '../comparison/run-records';
import { absent, counted, countText, gapText } from '../wording/numbers';
import { type HtmlColumn, htmlTable } from './html-table';

/** Numbers that each layer holds, its running statistics among them, in the trained and in the collapsed network. */
export interface LayerSizes {
  readonly trained: ReadonlyMap<string, number>;
  readonly collapsed: ReadonlyMap<string, number>;
}

type LayerLine = RunResult['layers'][number];

/** Every expanded layer of a run: its method, what it holds before and after, and the gap; empty where there is none. */
export function layerSection(layers: RunResult['layers'], sizes: LayerSizes | null): string {
  if (layers.length === 0) return '';
  const size = (heading: string, of: ReadonlyMap<string, number>): HtmlColumn<LayerLine> => ({
    heading,
    numeric: true,
    cell: ({ layer }) => (of.has(layer) ? countText(of.get(layer)!) : absent),
    value: ({ layer }) => of.get(layer) ?? null,
  });
  const columns: HtmlColumn<LayerLine>[] = [
    { heading: 'layer', numeric: false, cell: ({ layer }) => layer },
    { heading: 'method', numeric: false, cell: ({ method }) => method },
    ...(sizes ? [size('numbers, trained', sizes.trained), size('numbers, collapsed', sizes.collapsed)] : []),
    { heading: 'gap', numeric: true, cell: ({ gap }) => gapText(gap), value: ({ gap }) => gap },
  ];
  const caption = `${counted(layers.length, 'expanded layer')}: what each holds, running statistics among it, and the relative gap to its collapsed form`;
  return `<section aria-labelledby="h-layers"><h2 id="h-layers">Layer by layer</h2>${htmlTable(caption, columns, layers)}</section>`;
}
