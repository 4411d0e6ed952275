import type { EChartsOption } from 'echarts';
import type { RowSummary } from '../compare/summary';
import { errorText, signed } from '../compare/wording';
import { categoryAxis, type Form, figureAxis, nameWidth, text, valueAxis, whiskers } from './axes';
import { barChart } from './bars';
import { neutral, type RowStyle } from './colours';

/** The poster's figure: the mean top-1 error of each row. */
export function errorBars(
  rows: readonly RowSummary[],
  styles: readonly RowStyle[],
  form: Form,
): EChartsOption {
  const baseline = rows.find((row) => row.standing === 'baseline')?.top1Error.mean ?? null;
  const bars = rows.map((row) => ({ label: row.label, ...row.top1Error, text: errorText(row) }));
  return barChart(bars, styles, { baseline, name: 'top-1 error, % (lower is better)', form });
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
