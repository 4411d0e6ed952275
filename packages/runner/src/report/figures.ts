import type { CustomSeriesOption, EChartsOption, SeriesOption } from 'echarts';
import type { RowSummary } from '../compare/summary';
import { errorText, signed } from '../compare/wording';
import { neutral, type RowStyle } from './colours';

/** Whether a figure is drawn for a desk or for a phone. */
export type Form = 'wide' | 'narrow';

/** What all figures share: the page's type face, quiet axes. */
const text = { fontFamily: 'inherit', color: neutral.ink.light, fontSize: 13 };
const axisText = { ...text, fontSize: 12, color: neutral.muted.light };
const gridLines = { lineStyle: { color: neutral.line.light, width: 1 } };

/** Space for the names of rows on the left. */
function nameWidth(form: Form): number {
  return form === 'wide' ? 160 : 92;
}

/** Names of the rows on the left, top to bottom. */
function categoryAxis(rows: readonly RowSummary[], form: Form) {
  return {
    type: 'category' as const,
    inverse: true,
    data: rows.map((row) => row.label),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: neutral.muted.light } },
    axisLabel: {
      ...text,
      fontSize: form === 'wide' ? 13 : 12,
      width: nameWidth(form) - 10,
      overflow: 'break' as const,
      interval: 0,
    },
  };
}

/** Figures in a column of their own on the right, where no bar or line can cross them. */
function figureAxis(figures: readonly string[], form: Form) {
  return {
    type: 'category' as const,
    inverse: true,
    position: 'right' as const,
    data: [...figures],
    axisTick: { show: false },
    axisLine: { show: false },
    axisLabel: { ...text, fontSize: form === 'wide' ? 13 : 12, interval: 0 },
  };
}

function valueAxis(name: string) {
  return {
    type: 'value' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: 30,
    nameTextStyle: axisText,
    axisLabel: axisText,
    splitLine: gridLines,
    axisLine: { show: false },
  };
}

/** A horizontal whisker with end caps for each `[low, high, row]`. */
function whiskers(data: readonly (readonly number[])[], cap: number, width: number): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 3,
    data: data.map((entry) => [...entry]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (_, api) => {
      const [fromX = 0, y = 0] = api.coord([api.value(0), api.value(2)]);
      const [toX = 0] = api.coord([api.value(1), api.value(2)]);
      const style = { stroke: neutral.ink.light, lineWidth: width, fill: 'none' };
      const segment = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line' as const,
        shape: { x1, y1, x2, y2 },
        style,
      });
      return {
        type: 'group',
        children: [
          segment(fromX, y, toX, y),
          segment(fromX, y - cap, fromX, y + cap),
          segment(toX, y - cap, toX, y + cap),
        ],
      };
    },
  };
}

/**
 * The poster's figure: one bar a row for the mean top-1 error, a whisker of one standard deviation, a ring for
 * every seed, and a line where the baseline is.
 */
export function errorBars(
  rows: readonly RowSummary[],
  styles: readonly RowStyle[],
  form: Form,
): EChartsOption {
  const baseline = rows.find((row) => row.standing === 'baseline')?.top1Error.mean ?? null;
  const many = rows.some((row) => row.top1Error.values.length > 1);
  const spread = rows.flatMap(({ top1Error: { mean, sd } }, index) =>
    mean !== null && sd !== null ? [[mean - sd, mean + sd, index]] : [],
  );
  const seeds = rows.flatMap((row, index) => row.top1Error.values.map((value) => [value, index]));
  const series: SeriesOption[] = [
    {
      type: 'bar',
      silent: true,
      barWidth: '58%',
      data: rows.map((row, index) => ({
        value: row.top1Error.mean ?? 0,
        itemStyle: { color: styles[index]?.colour.light, borderRadius: [0, 3, 3, 0] },
      })),
      markLine:
        baseline === null
          ? undefined
          : {
              silent: true,
              symbol: 'none',
              label: { show: false },
              lineStyle: { color: neutral.ink.light, width: 1.2, type: [4, 3] },
              data: [{ xAxis: baseline }],
            },
    },
  ];
  if (many) {
    series.push(whiskers(spread, 6, 1.5), {
      type: 'scatter',
      silent: true,
      z: 4,
      symbolSize: 6,
      itemStyle: { color: neutral.paper.light, borderColor: neutral.ink.light, borderWidth: 1, opacity: 1 },
      data: seeds,
    });
  }
  return {
    textStyle: text,
    grid: { left: nameWidth(form), right: many ? 104 : 60, top: 8, bottom: 48 },
    xAxis: { ...valueAxis('top-1 error, % (lower is better)'), min: 0 },
    yAxis: [categoryAxis(rows, form), figureAxis(rows.map(errorText), form)],
    series,
  };
}

/** Paired differences to the baseline with their 95 % intervals; left of zero is better. */
export function differencePlot(
  rows: readonly RowSummary[],
  styles: readonly RowStyle[],
  form: Form,
): EChartsOption {
  const drawn = rows.flatMap((row, index) =>
    row.difference ? [{ row, index, interval: row.difference }] : [],
  );
  return {
    textStyle: text,
    grid: { left: nameWidth(form), right: 60, top: 8, bottom: 48 },
    xAxis: {
      ...valueAxis(
        form === 'wide'
          ? 'difference to the baseline, percentage points (left is better)'
          : 'difference, points (left is better)',
      ),
      scale: false,
    },
    yAxis: [
      {
        ...categoryAxis(
          drawn.map(({ row }) => row),
          form,
        ),
        axisLine: { show: false },
      },
      figureAxis(
        drawn.map(({ interval }) => signed(interval.mean)),
        form,
      ),
    ],
    series: [
      whiskers(
        drawn.map(({ interval }, at) => [interval.low, interval.high, at]),
        5,
        1.8,
      ),
      {
        type: 'scatter',
        silent: true,
        z: 4,
        symbolSize: 11,
        data: drawn.map(({ interval, index }, at) => ({
          value: [interval.mean, at],
          itemStyle: { color: styles[index]?.colour.light, opacity: 1 },
        })),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: neutral.ink.light, width: 1.2, type: [4, 3] },
          data: [{ xAxis: 0 }],
        },
      },
    ],
  };
}
