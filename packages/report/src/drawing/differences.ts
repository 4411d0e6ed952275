import { scaleLinear } from 'd3-scale';
import { dashedUpright, type Form, figureColumn, lowerAxis, nameWidth, rowNames, whisker } from './axes';
import type { RowStyle } from './colours';
import { pixel, type Size } from './svg';

/** A row's difference to the baseline, with its interval. */
export interface DrawnDifference {
  readonly label: string;
  readonly text: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly style: RowStyle;
}

/** Paired differences to the baseline in one figure: a dot and its interval a row, and a dashed line at zero. */
export function differenceDrawing(
  drawn: readonly DrawnDifference[],
  name: string,
  form: Form,
  size: Size,
): string {
  const margins = { left: nameWidth(form), right: 68, top: 8, bottom: 48 };
  const band = (size.height - margins.top - margins.bottom) / drawn.length;
  const ends = drawn.flatMap(({ low, high }) => [low, high]);
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const room = 0.04 * (most - least) || 1;
  const x = scaleLinear()
    .domain([least - room, most + room])
    .range([margins.left, size.width - margins.right]);
  const marks = drawn.map(({ mean, low, high, style }, index) => {
    const y = margins.top + band * (index + 0.5);
    return `<g class="${style.className}">${whisker(x(low), x(high), y, 5)}<circle class="dot" cx="${pixel(x(mean))}" cy="${pixel(y)}" r="5.5"/></g>`;
  });
  const texts = drawn.map(({ text }) => text);
  return `${lowerAxis(x, size, margins, name)}${rowNames(drawn, band, margins)}${dashedUpright(x(0), size, margins)}${marks.join('')}${figureColumn(texts, band, size.width - margins.right + 10, margins.top)}`;
}
