import type { EChartsOption } from 'echarts';
import type { FigureSpec } from '../comparison/run-records';
import { figureDigits, titleOf } from '../wording/figures';
import { signed } from '../wording/numbers';
import { axisText, categoryAxis, type Form, figureAxis, nameWidth, text, valueAxis, whiskers } from './axes';
import { neutral, type RowStyle } from './colours';

/** A row's difference to the baseline, with its interval. */
export interface DrawnDifference {
  readonly label: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly style: RowStyle;
}

/** Paired differences to the baseline in one figure, with their intervals. */
export function differencePlot(
  drawn: readonly DrawnDifference[],
  figure: FigureSpec,
  form: Form,
): EChartsOption {
  const side = figure.direction === 'higher' ? 'right' : 'left';
  const points = figure.unit === '%' ? 'percentage points' : titleOf(figure);
  return {
    textStyle: text,
    grid: { left: nameWidth(form), right: 68, top: 8, bottom: 48 },
    xAxis: {
      ...valueAxis(
        form === 'wide'
          ? `difference to the baseline, ${points} (${side} is better)`
          : `difference (${side} is better)`,
      ),
      scale: false,
      boundaryGap: ['4%', '4%'],
      axisLabel: { ...axisText, hideOverlap: true },
    },
    yAxis: [
      { ...categoryAxis(drawn, form), axisLine: { show: false } },
      figureAxis(
        drawn.map(({ mean }) => signed(mean, figureDigits(figure))),
        form,
      ),
    ],
    series: [
      whiskers(
        drawn.map(({ low, high }, at) => [low, high, at]),
        5,
        1.8,
      ),
      {
        type: 'scatter',
        silent: true,
        z: 4,
        symbolSize: 11,
        data: drawn.map(({ mean, style }, at) => ({
          value: [mean, at],
          itemStyle: { color: style.colour.light, opacity: 1 },
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
