import type { EChartsOption, SeriesOption } from 'echarts';
import { headlines, scoreIn, tasksOf } from '../comparison/figures';
import type { RowRecord, SeedRun } from '../comparison/records';
import type { FigureSpec } from '../comparison/run-records';
import { mean } from '../comparison/statistics';
import { figureDigits, ofTask, titleOf } from '../wording/figures';
import { axisText, epochAxis, type Form, text } from './axes';
import { neutral, type RowStyle } from './colours';

type LoggedEpoch = SeedRun['curve'][number];

/** What is drawn by epoch: a name, and where it is found. */
export interface Curve {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly digits: number;
  value(epoch: LoggedEpoch): number | null | undefined;
}

/** Curves that belong together. */
export interface CurveGroup {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** A point of a curve: epochs trained, and the value. */
export type CurvePoint = readonly [epoch: number, value: number];

function logged(run: SeedRun, { value }: Curve): CurvePoint[] {
  return run.curve.flatMap((epoch) => {
    const found = value(epoch);
    return typeof found === 'number' && Number.isFinite(found) ? [[epoch.epoch, found] as const] : [];
  });
}

/** A row's curve, averaged over the seeds that logged the epoch. */
export function meanCurve({ runs }: Pick<RowRecord, 'runs'>, curve: Curve): CurvePoint[] {
  const byEpoch = new Map<number, number[]>();
  for (const [epoch, value] of runs.flatMap((run) => logged(run, curve))) {
    byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), value]);
  }
  return [...byEpoch].sort(([a], [b]) => a - b).map(([epoch, values]) => [epoch, mean(values)] as const);
}

/** What a comparison's runs logged by epoch: test figures, losses, weights of the losses, cosines of the gradients. */
export function curveGroups(rows: readonly RowRecord[], metrics: readonly FigureSpec[]): CurveGroup[] {
  const epochs = rows.flatMap(({ runs }) => runs.flatMap(({ curve }) => curve));
  const pairs = [...new Set(epochs.flatMap(({ train }) => Object.keys(train.cosines ?? {})))];
  const ofEachTask = (
    id: string,
    what: string,
    value: (epoch: LoggedEpoch, task: string) => number | undefined,
  ) =>
    tasksOf(metrics).map(
      (task, index): Curve => ({
        id: `${id}-${index + 1}`,
        title: ofTask(task, what, metrics),
        digits: 4,
        value: (epoch) => value(epoch, task),
      }),
    );
  const groups: CurveGroup[] = [
    {
      title: 'Test figures',
      curves: headlines(metrics).map((figure, index) => ({
        id: `test-${index + 1}`,
        title: ofTask(figure.task, `test ${titleOf(figure)}`, metrics),
        digits: figureDigits(figure),
        value: ({ test }) => scoreIn(test, figure),
      })),
    },
    {
      title: 'Training losses',
      curves: ofEachTask('loss', 'training loss', ({ train }, task) => train.byTask[task]?.loss),
    },
    {
      title: "Weights of the tasks' losses",
      curves: ofEachTask('weight', 'weight', ({ train }, task) => train.byTask[task]?.weight),
    },
    {
      title: "Cosines between the tasks' gradients",
      curves: pairs.map((pair, index) => ({
        id: `cosine-${index + 1}`,
        title: pair.replace('/', ' and '),
        digits: 4,
        value: ({ train }) => train.cosines?.[pair],
      })),
    },
  ];
  return groups.flatMap(({ title, curves }) => {
    const found = curves.filter((curve) => rows.some((row) => meanCurve(row, curve).length > 0));
    return found.length === 0 ? [] : [{ title, curves: found }];
  });
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

/** Lines of single seeds that can be told apart, and that a page should hold. */
const mostSeedLines = 200;

/** Whether single seeds are drawn behind their rows' means. */
export function drawsSeeds(rows: readonly Pick<RowRecord, 'runs'>[]): boolean {
  return rows.reduce((sum, { runs }) => sum + runs.length, 0) <= mostSeedLines;
}

/** A curve of all rows: means over the seeds in full strength, single seeds faint behind them where there are few. */
export function curveChart(
  rows: readonly RowRecord[],
  styles: readonly RowStyle[],
  curve: Curve,
  form: Form,
): EChartsOption {
  const series: SeriesOption[] = rows.flatMap((row, index) => {
    const { colour, dash } = styles[index]!;
    const line = (data: readonly CurvePoint[], width: number, opacity: number, z: number): SeriesOption => ({
      type: 'line',
      silent: true,
      z,
      symbol: data.length === 1 ? 'circle' : 'none',
      data: data.map((point) => [...point]),
      lineStyle: { color: colour.light, width, opacity, type: [...dash] },
      itemStyle: { color: colour.light },
    });
    const single =
      row.runs.length > 1 && drawsSeeds(rows)
        ? row.runs.map((run) => line(logged(run, curve), 1, 0.28, 2))
        : [];
    return [...single, line(meanCurve(row, curve), 2, 1, 3)];
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
  return {
    textStyle: text,
    title: { text: curve.title, left: 0, top: 0, textStyle: { ...text, fontSize: 13, fontWeight: 600 } },
    grid: { left: 52, right: 22, top: boundaries.length > 0 ? 46 : 30, bottom: 42 },
    xAxis: epochAxis(24),
    yAxis: {
      type: 'value',
      scale: true,
      axisLabel: axisText,
      axisLine: { show: false },
      splitLine: { lineStyle: { color: neutral.line.light } },
      splitNumber: form === 'wide' ? 4 : 5,
    },
    series: [...series, boundaryLines],
  };
}
