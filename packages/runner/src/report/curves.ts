import type { EChartsOption, SeriesOption } from 'echarts';
import type { EpochRecord, RowRecord } from '../compare/record';
import { mean } from '../compare/statistics';
import { epochAxis, type Form } from './axes';
import { neutral, type RowStyle } from './colours';

/** A figure that runs log by epoch. */
export type CurveFigure = 'trainLoss' | 'testError';

/** A point of a learning curve: epochs trained, mean over the seeds. */
export type CurvePoint = readonly [epoch: number, value: number];

function logged(curve: readonly EpochRecord[], figure: CurveFigure): CurvePoint[] {
  return curve.flatMap((record) => {
    const value = record[figure];
    return value === null ? [] : [[record.epoch, value] as const];
  });
}

/** A row's curve, averaged over the seeds that logged the epoch. */
export function meanCurve(row: RowRecord, figure: CurveFigure): CurvePoint[] {
  const byEpoch = new Map<number, number[]>();
  for (const run of row.runs) {
    for (const [epoch, value] of logged(run.curve, figure)) {
      byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), value]);
    }
  }
  return [...byEpoch].sort(([a], [b]) => a - b).map(([epoch, values]) => [epoch, mean(values)] as const);
}

/** A change of stage, and which rows make it. */
export interface Boundary {
  readonly stage: string;
  readonly epoch: number;
  readonly rows: readonly number[];
}

/** Where rows change their stage; rows that change alike share a boundary. */
export function stageBoundaries(rows: readonly RowRecord[]): Boundary[] {
  const boundaries = new Map<string, { stage: string; epoch: number; rows: number[] }>();
  rows.forEach((row, index) => {
    for (const { stage, epoch } of row.runs[0]?.stages ?? []) {
      if (epoch === 0) continue;
      const key = `${stage}@${epoch.toFixed(3)}`;
      const boundary = boundaries.get(key) ?? { stage, epoch, rows: [] };
      boundary.rows.push(index);
      boundaries.set(key, boundary);
    }
  });
  return [...boundaries.values()].sort((a, b) => a.epoch - b.epoch);
}

/** Learning curves of all rows: means over the seeds in full strength, single seeds faint behind them. */
export function learningCurves(
  rows: readonly RowRecord[],
  styles: readonly RowStyle[],
  figure: CurveFigure,
  form: Form,
): EChartsOption {
  const axisText = { fontFamily: 'inherit', fontSize: 12, color: neutral.muted.light };
  const series: SeriesOption[] = rows.flatMap((row, index) => {
    const style = styles[index];
    const line = (data: readonly CurvePoint[], width: number, opacity: number, z: number): SeriesOption => ({
      type: 'line',
      silent: true,
      z,
      symbol: data.length === 1 ? 'circle' : 'none',
      data: data.map((point) => [...point]),
      lineStyle: { color: style?.colour.light, width, opacity, type: [...(style?.dash ?? [])] },
      itemStyle: { color: style?.colour.light },
    });
    const single =
      row.runs.length > 1 ? row.runs.map((run) => line(logged(run.curve, figure), 1, 0.28, 2)) : [];
    return [...single, line(meanCurve(row, figure), 2, 1, 3)];
  });
  const boundaries = stageBoundaries(rows);
  const boundaryLines: SeriesOption = {
    type: 'line',
    silent: true,
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: neutral.muted.light, width: 1, type: [2, 3] },
      label: { ...axisText, fontSize: 11, position: 'end', distance: 4, formatter: '{b}' },
      data: boundaries.map((boundary) => ({ name: boundary.stage, xAxis: boundary.epoch })),
    },
  };
  const name = figure === 'testError' ? 'test error, %' : 'training loss';
  return {
    textStyle: { fontFamily: 'inherit' },
    grid: { left: 52, right: 22, top: boundaries.length > 0 ? 28 : 14, bottom: 46 },
    xAxis: epochAxis(28),
    yAxis: {
      type: 'value',
      scale: true,
      name,
      nameLocation: 'middle',
      nameGap: 38,
      nameTextStyle: axisText,
      axisLabel: axisText,
      axisLine: { show: false },
      splitLine: { lineStyle: { color: neutral.line.light } },
      splitNumber: form === 'wide' ? 6 : 5,
    },
    series: [...series, boundaryLines],
  };
}
