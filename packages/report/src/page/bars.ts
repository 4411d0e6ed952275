import type { EChartsOption, SeriesOption } from 'echarts';
import type { Spread } from '../comparison/statistics';
import { axisText, categoryAxis, type Form, figureAxis, nameWidth, text, valueAxis, whiskers } from './axes';
import { neutral, type RowStyle } from './colours';

/** One bar: a figure over the seeds, and how it reads. */
export interface Bar extends Spread {
  readonly label: string;
  readonly text: string;
}

/**
 * One horizontal bar a row, a whisker of one standard deviation, a ring for every seed, and a dashed line where the
 * baseline is.
 *
 * @param baseline  the baseline's mean, or null for no line
 * @param name      of the axis, with its unit and which direction is better
 */
export function barChart(
  bars: readonly Bar[],
  styles: readonly RowStyle[],
  { baseline, name, form }: { readonly baseline: number | null; readonly name: string; readonly form: Form },
): EChartsOption {
  const many = bars.some(({ values }) => values.length > 1);
  const spread = bars.flatMap(({ mean, sd }, index) =>
    mean !== null && sd !== null ? [[mean - sd, mean + sd, index]] : [],
  );
  const seeds = bars.flatMap(({ values }, index) =>
    values.flatMap((value) => (value === null ? [] : [[value, index]])),
  );
  const series: SeriesOption[] = [
    {
      type: 'bar',
      silent: true,
      barWidth: '58%',
      data: bars.map(({ mean }, index) => ({
        // A figure that is not there has no bar: one of length 0 would say that it is 0.
        value: mean ?? '-',
        itemStyle: {
          color: styles[index]?.colour.light,
          borderRadius: (mean ?? 0) < 0 ? [3, 0, 0, 3] : [0, 3, 3, 0],
        },
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
  const longest = Math.max(...bars.map((bar) => bar.text.length));
  return {
    textStyle: text,
    grid: { left: nameWidth(form), right: Math.max(60, 16 + longest * 7), top: 8, bottom: 48 },
    // Bars begin at zero, whatever the figures' range.
    xAxis: { ...valueAxis(name), scale: false, axisLabel: { ...axisText, hideOverlap: true } },
    yAxis: [
      categoryAxis(bars, form),
      figureAxis(
        bars.map((bar) => bar.text),
        form,
      ),
    ],
    series,
  };
}
