import type { EChartsOption, SeriesOption } from 'echarts';
import type { EpochRecord, Obtained, RowRecord } from '../compare/record';
import { mean } from '../compare/statistics';
import { axisText, epochAxis, type Form, text } from './axes';
import { neutral, type RowStyle, rowStyles } from './colours';
import { legend } from './curve-section';
import { escapeMarkup } from './escape';
import { htmlTable } from './table';
import { drawInBothForms } from './two-forms';

/** What is drawn by epoch: a name, and where it is found. */
interface Curve {
  readonly id: string;
  readonly title: string;
  value(record: EpochRecord): number | undefined;
}

/** Means over the seeds by epoch. */
function pointsOf({ runs }: RowRecord, { value }: Curve): (readonly [number, number])[] {
  const byEpoch = new Map<number, number[]>();
  for (const record of runs.flatMap(({ curve }) => curve)) {
    const found = value(record);
    if (found !== undefined) byEpoch.set(record.epoch, [...(byEpoch.get(record.epoch) ?? []), found]);
  }
  return [...byEpoch].sort(([a], [b]) => a - b).map(([epoch, values]) => [epoch, mean(values)] as const);
}

function chartOf(
  rows: readonly RowRecord[],
  styles: readonly RowStyle[],
  curve: Curve,
  form: Form,
): EChartsOption {
  const series = rows.map((row, index): SeriesOption => {
    const data = pointsOf(row, curve);
    const { colour, dash } = styles[index]!;
    return {
      type: 'line',
      silent: true,
      symbol: data.length === 1 ? 'circle' : 'none',
      data: data.map((point) => [...point]),
      lineStyle: { color: colour.light, width: 2, type: [...dash] },
      itemStyle: { color: colour.light },
    };
  });
  return {
    textStyle: text,
    title: { text: curve.title, left: 0, top: 0, textStyle: { ...text, fontSize: 13, fontWeight: 600 } },
    grid: { left: 44, right: 12, top: 30, bottom: 40 },
    xAxis: epochAxis(24),
    yAxis: {
      type: 'value',
      scale: true,
      axisLabel: axisText,
      axisLine: { show: false },
      splitLine: { lineStyle: { color: neutral.line.light } },
      splitNumber: form === 'wide' ? 4 : 5,
    },
    series,
  };
}

/** One group of small charts, three abreast on a desk. */
async function groupOf(rows: readonly RowRecord[], styles: readonly RowStyle[], curves: readonly Curve[]) {
  const drawn: string[] = [];
  for (const curve of curves) {
    if (rows.every((row) => pointsOf(row, curve).length === 0)) continue;
    const drawing = await drawInBothForms(
      (form) => chartOf(rows, styles, curve, form),
      (form) => (form === 'wide' ? 230 : 260),
      { id: curve.id, title: curve.title, description: `${curve.title} by epoch, one line a row.` },
      'third',
    );
    drawn.push(`<div>${drawing}</div>`);
  }
  return drawn.length === 0 ? '' : `<div class="triple">${drawn.join('')}</div>`;
}

/** The curves' last points in numbers. */
function lastValues(rows: readonly RowRecord[], curves: readonly Curve[]): string {
  const shown = curves.filter((curve) => rows.some((row) => pointsOf(row, curve).length > 0));
  const columns = [
    { heading: 'row', numeric: false, cell: (row: RowRecord) => row.label },
    ...shown.map((curve) => ({
      heading: curve.title,
      numeric: true,
      cell: (row: RowRecord) => pointsOf(row, curve).at(-1)?.[1].toFixed(4) ?? '-',
    })),
  ];
  const caption = 'After the last epoch';
  return `<details><summary>The curves' last points, in numbers</summary>${htmlTable(caption, columns, rows)}</details>`;
}

/** Training losses, weights, cosines between gradients and test figures by epoch. */
export async function taskCurveSection(
  rows: readonly RowRecord[],
  baseline: number,
  { metrics }: Obtained,
): Promise<string> {
  if (rows.every(({ runs }) => runs.length === 0)) return '';
  const styles = rowStyles(rows.length, baseline);
  const tasks = [...new Set(metrics.map(({ task }) => task))];
  const pairs = tasks.flatMap((first, index) => tasks.slice(index + 1).map((second) => `${first}/${second}`));
  const headlines = tasks.map((task) => metrics.find((metric) => metric.task === task)!);
  const groups: readonly (readonly [string, readonly Curve[]])[] = [
    [
      'Training losses',
      tasks.map((task, index) => ({
        id: `loss-${index + 1}`,
        title: `${task}: loss`,
        value: (record) => record.trainLosses[task],
      })),
    ],
    [
      'Test figures',
      headlines.map(({ task, name, figure }, index) => ({
        id: `test-${index + 1}`,
        title: `${task}: ${name}`,
        value: (record) => record.figures[figure],
      })),
    ],
    [
      "Weights of the tasks' losses",
      tasks.map((task, index) => ({
        id: `weight-${index + 1}`,
        title: `${task}: weight`,
        value: (record) => record.weights[task],
      })),
    ],
    [
      "Cosines between the tasks' gradients",
      pairs.map((pair, index) => ({
        id: `cosine-${index + 1}`,
        title: pair.replace('/', ' and '),
        value: (record) => record.cosines[pair],
      })),
    ],
  ];
  const drawn: string[] = [];
  for (const [title, curves] of groups) {
    const group = await groupOf(rows, styles, curves);
    if (group !== '') drawn.push(`<h3>${escapeMarkup(title)}</h3>${group}`);
  }
  const note =
    'Means over the seeds. Cosines are of gradients of the shared parameters: over all updates where a balancer computes them, else on the last batch of each epoch.';
  return `<section aria-labelledby="h-curves"><h2 id="h-curves">Curves</h2>${legend(rows, styles)}${drawn.join('')}${lastValues(
    rows,
    groups.flatMap(([, curves]) => curves),
  )}<p class="note">${escapeMarkup(note)}</p></section>`;
}
