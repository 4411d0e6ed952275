import type { EChartsOption, SeriesOption } from 'echarts';
import type { ChosenRow } from '../comparison/chosen';
import { figureIn } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import { axisText, type Form, text } from './axes';
import { neutral, type RowStyle } from './colours';

/** The best figure that a row reached with a value of a key. */
export type SweepPoint = readonly [value: number, figure: number];

/**
 * The best figure of a row for each value of a key, whatever its other keys were, by ascending value. Where runs got longer,
 * those of a value that trained longest count, as shorter ones cannot be compared with them.
 */
export function sweepPoints(
  { tried }: Pick<ChosenRow, 'tried'>,
  key: string,
  figure: FigureSpec,
): SweepPoint[] {
  const best = new Map<number, { readonly rung: number; readonly figure: number }>();
  for (const { setting, rung, figures } of tried) {
    const value = setting[key];
    const own = figures && figureIn(figures, figure);
    if (typeof value !== 'number' || own == null) continue;
    const before = best.get(value);
    const better = before && (figure.direction === 'higher' ? own > before.figure : own < before.figure);
    if (!before || rung > before.rung || (rung === before.rung && better))
      best.set(value, { rung, figure: own });
  }
  return [...best].map(([value, { figure: own }]) => [value, own] as const).sort(([a], [b]) => a - b);
}

/** Values are drawn by their logarithm where they span more than a few times the least of them. */
export function isLogarithmic(values: readonly number[]): boolean {
  return values.every((value) => value > 0) && Math.max(...values) / Math.min(...values) > 4;
}

/** A figure over the values of a key: one line a row, a larger dot where it was chosen. */
export function sweepPlot(
  rows: readonly ChosenRow[],
  styles: readonly RowStyle[],
  {
    key,
    figure,
    name,
    form,
  }: { readonly key: string; readonly figure: FigureSpec; readonly name: string; readonly form: Form },
): EChartsOption {
  const points = rows.map((row) => sweepPoints(row, key, figure));
  const values = [...new Set(points.flatMap((own) => own.map(([value]) => value)))].sort((a, b) => a - b);
  const log = isLogarithmic(values);
  const place = (value: number) => (log ? Math.log10(value) : value);
  const series = rows.flatMap((row, index): SeriesOption[] => {
    const { colour, dash } = styles[index]!;
    const chosen = row.setting?.[key];
    return [
      {
        type: 'line',
        silent: true,
        z: 3,
        symbol: 'circle',
        symbolSize: 5,
        data: points[index]!.map(([value, own]) => ({
          value: [place(value), own],
          symbolSize: value === chosen ? 12 : 5,
        })),
        lineStyle: { color: colour.light, width: 2, type: [...dash] },
        itemStyle: { color: colour.light, opacity: 1 },
      },
    ];
  });
  return {
    textStyle: text,
    grid: { left: 56, right: 26, top: 12, bottom: 46 },
    xAxis: {
      type: 'value',
      min: 'dataMin',
      max: 'dataMax',
      name: log ? `${key} (logarithmic)` : key,
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: axisText,
      axisTick: { customValues: values.map(place) },
      axisLabel: {
        ...axisText,
        customValues: values.map(place),
        hideOverlap: true,
        formatter: (at: number) => String(Number((log ? 10 ** at : at).toPrecision(4))),
      },
      axisLine: { onZero: false, lineStyle: { color: neutral.muted.light } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: true,
      name,
      nameLocation: 'middle',
      nameGap: 40,
      nameTextStyle: axisText,
      axisLabel: axisText,
      axisLine: { show: false },
      splitLine: { lineStyle: { color: neutral.line.light } },
      splitNumber: form === 'wide' ? 5 : 4,
    },
    series,
  };
}
