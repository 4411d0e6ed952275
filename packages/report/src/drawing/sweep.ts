import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { ChosenRow } from '../comparison/chosen';
import { figureIn } from '../comparison/figures';
import type { FigureSpec } from '../comparison/run-records';
import { leftAxis } from './axes';
import type { RowStyle } from './colours';
import { label, pixel, type Size, segment } from './svg';

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
export function sweepDrawing(
  rows: readonly ChosenRow[],
  styles: readonly RowStyle[],
  { key, figure, name }: { readonly key: string; readonly figure: FigureSpec; readonly name: string },
  size: Size,
): string {
  const margins = { left: 56, right: 26, top: 30, bottom: 46 };
  const points = rows.map((row) => sweepPoints(row, key, figure));
  const values = [...new Set(points.flatMap((own) => own.map(([value]) => value)))].sort((a, b) => a - b);
  const figures = points.flatMap((own) => own.map(([, value]) => value));
  const log = isLogarithmic(values);
  const place = (value: number) => (log ? Math.log10(value) : value);
  const x = scaleLinear()
    .domain([place(values[0]!), place(values.at(-1)!)])
    .range([margins.left + 8, size.width - margins.right]);
  const y = scaleLinear()
    .domain([Math.min(...figures), Math.max(...figures)])
    .nice(5)
    .range([size.height - margins.bottom, margins.top]);
  const path = line<SweepPoint>(
    ([value]) => x(place(value)),
    ([, own]) => y(own),
  ).digits(1);
  const bottom = size.height - margins.bottom;
  // Numbers that would run into the one before are left out.
  let free = Number.NEGATIVE_INFINITY;
  const ticks = values.map((value) => {
    const at = x(place(value));
    const text = String(Number(value.toPrecision(4)));
    const shown = at - text.length * 3.5 >= free;
    if (shown) free = at + text.length * 3.5 + 6;
    return `${segment(at, bottom, at, bottom + 5, 'axis')}${shown ? label(at, bottom + 19, text, 'middle', 'quiet') : ''}`;
  });
  const lines = rows.map((row, index) => {
    const { className, dash } = styles[index]!;
    const dots = points[index]!.map(([value, own]) => {
      const radius = value === row.setting?.[key] ? 6 : 2.5;
      return `<circle class="dot" cx="${pixel(x(place(value)))}" cy="${pixel(y(own))}" r="${radius}"/>`;
    });
    return `<g class="${className}"><path class="curve" stroke-dasharray="${dash.join(' ')}" d="${path(points[index]!) ?? ''}"/>${dots.join('')}</g>`;
  });
  const middle = (margins.left + size.width - margins.right) / 2;
  const axis = label(middle, size.height - 6, log ? `${key} (logarithmic)` : key, 'middle', 'quiet');
  return `${label(0, 14, name, 'start', 'title')}${leftAxis(y, size, margins)}${segment(margins.left, bottom, size.width - margins.right, bottom, 'axis')}${ticks.join('')}${axis}${lines.join('')}`;
}
