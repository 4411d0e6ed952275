import { scaleLinear } from 'd3-scale';
import type { Spread } from '../comparison/statistics';
import { dashedUpright, type Form, figureColumn, lowerAxis, nameWidth, rowNames, whisker } from './axes';
import type { RowStyle } from './colours';
import { pixel, type Size } from './svg';

/** One bar: a figure over the seeds, and how it reads. */
export interface Bar extends Spread {
  readonly label: string;
  readonly text: string;
}

/** Pixels of a row: bars on a phone stand further apart, as names take several lines. */
export function bandOf(form: Form): number {
  return form === 'wide' ? 38 : 46;
}

/**
 * One horizontal bar a row, a whisker of one standard deviation, a ring for every seed, and a dashed line where the
 * baseline is. A figure that is not there has no bar: one of length 0 would say that it is 0.
 *
 * @param baseline  the baseline's mean, or null for no line
 * @param name      of the axis, with its unit and which direction is better
 */
export function barDrawing(
  bars: readonly Bar[],
  styles: readonly RowStyle[],
  { baseline, name, form }: { readonly baseline: number | null; readonly name: string; readonly form: Form },
  size: Size,
): string {
  const longest = Math.max(...bars.map((bar) => bar.text.length));
  const margins = { left: nameWidth(form), right: Math.max(56, 18 + longest * 7), top: 8, bottom: 48 };
  const band = (size.height - margins.top - margins.bottom) / bars.length;
  const all = bars.flatMap(({ mean, sd, values }) => [
    ...values.filter((value) => value !== null),
    ...(mean === null ? [] : [mean - (sd ?? 0), mean + (sd ?? 0)]),
  ]);
  // Bars begin at zero, whatever the figures' range.
  const x = scaleLinear()
    .domain([Math.min(0, ...all), Math.max(0, ...all) || 1])
    .nice(5)
    .range([margins.left, size.width - margins.right]);
  const many = bars.some(({ values }) => values.length > 1);
  const thick = band * 0.58;
  const marks = bars.map(({ mean, sd, values }, index) => {
    if (mean === null) return '';
    const middle = margins.top + band * (index + 0.5);
    const [from, to] = [x(Math.min(0, mean)), x(Math.max(0, mean))];
    const bar = `<rect class="bar" x="${pixel(from)}" y="${pixel(middle - thick / 2)}" width="${pixel(to - from)}" height="${pixel(thick)}" rx="2"/>`;
    if (!many) return `<g class="${styles[index]!.className}">${bar}</g>`;
    const spread = sd === null ? '' : whisker(x(mean - sd), x(mean + sd), middle, 6);
    const rings = values
      .filter((value) => value !== null)
      .map((value) => `<circle class="ring" cx="${pixel(x(value))}" cy="${pixel(middle)}" r="3"/>`);
    return `<g class="${styles[index]!.className}">${bar}${spread}${rings.join('')}</g>`;
  });
  const line = baseline === null ? '' : dashedUpright(x(baseline), size, margins);
  const figures = bars.map((bar) => bar.text);
  return `${lowerAxis(x, size, margins, name)}${rowNames(bars, band, margins)}${marks.join('')}${line}${figureColumn(figures, band, size.width - margins.right + 10, margins.top)}`;
}
