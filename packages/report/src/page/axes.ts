import type { CustomSeriesOption } from 'echarts';
import { neutral } from './colours';

/** Whether a figure is drawn for a desk or for a phone. */
export type Form = 'wide' | 'narrow';

/** What all figures share: the page's type face, quiet axes. */
export const text = { fontFamily: 'inherit', color: neutral.ink.light, fontSize: 13 };
export const axisText = { ...text, fontSize: 12, color: neutral.muted.light };
const gridLines = { lineStyle: { color: neutral.line.light, width: 1 } };

/** Space for the names of rows on the left. */
export function nameWidth(form: Form): number {
  return form === 'wide' ? 160 : 92;
}

/** Names of the rows on the left, top to bottom. */
export function categoryAxis(rows: readonly { readonly label: string }[], form: Form) {
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
export function figureAxis(figures: readonly string[], form: Form) {
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

/** Epochs of training, from the left. @param gap  in pixels, between the numbers and the axis's name */
export function epochAxis(gap: number) {
  return {
    type: 'value' as const,
    min: 0,
    max: 'dataMax' as const,
    minInterval: 1,
    name: 'epoch',
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: axisText,
    axisLabel: axisText,
    axisLine: { lineStyle: { color: neutral.muted.light } },
    splitLine: { show: false },
  };
}

export function valueAxis(name: string) {
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
export function whiskers(
  data: readonly (readonly number[])[],
  cap: number,
  width: number,
): CustomSeriesOption {
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
