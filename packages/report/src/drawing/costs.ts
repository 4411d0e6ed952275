import { scaleLinear } from 'd3-scale';
import { type Form, figureColumn, lowerAxis, nameWidth, rowNames } from './axes';
import type { RowStyle } from './colours';
import { pixel, type Size } from './svg';

/** What a row is while it trains, and what is left of it. */
export interface DrawnCost {
  readonly label: string;
  readonly before: number;
  readonly after: number;
  readonly text: string;
}

/** Two bars a row: pale, the parameters that are trained; full, those that are deployed. */
export function costDrawing(
  costs: readonly DrawnCost[],
  styles: readonly RowStyle[],
  form: Form,
  size: Size,
): string {
  const longest = Math.max(...costs.map(({ text }) => text.length));
  const margins = { left: nameWidth(form), right: 24 + longest * 7, top: 8, bottom: 48 };
  const band = (size.height - margins.top - margins.bottom) / costs.length;
  const most = Math.max(...costs.flatMap(({ before, after }) => [before, after]));
  const x = scaleLinear()
    .domain([0, most])
    .nice(4)
    .range([margins.left, size.width - margins.right]);
  const bars = costs.map(({ before, after }, index) => {
    const middle = margins.top + band * (index + 0.5);
    const bar = (value: number, y: number, className: string) =>
      `<rect class="${className}" x="${margins.left}" y="${pixel(y)}" width="${pixel(x(value) - margins.left)}" height="${pixel(band * 0.28)}" rx="2"/>`;
    return `<g class="${styles[index]!.className}">${bar(before, middle - band * 0.3, 'bar before')}${bar(after, middle + band * 0.02, 'bar')}</g>`;
  });
  const million = most >= 1e6;
  const scaled = scaleLinear()
    .domain(x.domain().map((value) => value / (million ? 1e6 : 1e3)))
    .range(x.range());
  const axis = lowerAxis(scaled, size, margins, `parameters, ${million ? 'millions' : 'thousands'}`);
  const texts = costs.map(({ text }) => text);
  return `${axis}${rowNames(costs, band, margins)}${bars.join('')}${figureColumn(texts, band, size.width - margins.right + 10, margins.top)}`;
}
