import type { ScaleLinear } from 'd3-scale';
import { label, type Margins, pixel, type Size, segment } from './svg';

/** Whether a figure is drawn for a desk or for a phone. */
export type Form = 'wide' | 'narrow';

/** A number's place in a drawing. */
export type Scale = ScaleLinear<number, number>;

/** Pixels that a letter of the page's face takes on the average, at 13 pixels. */
const letterWidth = 7;

/** Space for the names of rows on the left. */
export function nameWidth(form: Form): number {
  return form === 'wide' ? 160 : 96;
}

/** Words in lines that fit a width, the third of which ends in an ellipsis where there would be more. */
export function wrapped(text: string, width: number): string[] {
  const most = Math.max(4, Math.floor(width / letterWidth));
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const shown = lines.map((line) => (line.length > most + 1 ? `${line.slice(0, most - 1)}…` : line));
  return shown.length > 3 ? [...shown.slice(0, 2), `${shown[2]!.slice(0, most - 1)}…`] : shown;
}

/** Names of the rows on the left, one a band, top to bottom. */
export function rowNames(
  rows: readonly { readonly label: string }[],
  band: number,
  { left, top }: Pick<Margins, 'left' | 'top'>,
): string {
  return rows
    .map((row, index) => {
      const lines = wrapped(row.label, left - 12);
      const first = top + band * (index + 0.5) - (lines.length - 1) * 7.5 + 4.5;
      return lines.map((line, at) => label(left - 10, first + at * 15, line, 'end')).join('');
    })
    .join('');
}

/** Figures in a column of their own on the right, where no bar or line can cross them. */
export function figureColumn(figures: readonly string[], band: number, x: number, top: number): string {
  return figures.map((figure, index) => label(x, top + band * (index + 0.5) + 4.5, figure)).join('');
}

/** How many numbers an axis of a length has room for. */
function room(length: number, each: number): number {
  return Math.max(2, Math.floor(length / each));
}

/** An axis along the lower edge: numbers, and its name; faint uprights for values, and whole numbers alone for epochs. */
export function lowerAxis(
  scale: Scale,
  size: Size,
  margins: Margins,
  name: string,
  of: 'values' | 'epochs' = 'values',
): string {
  const bottom = size.height - margins.bottom;
  const [from = 0, to = 0] = scale.range();
  const count = Math.min(8, room(to - from, 62));
  const format = scale.tickFormat(count);
  const values = scale.ticks(count).filter((value) => of === 'values' || Number.isInteger(value));
  const ticks = values.map((value) => {
    const x = scale(value);
    const line =
      of === 'values'
        ? segment(x, margins.top, x, bottom, 'grid')
        : segment(x, bottom, x, bottom + 5, 'axis');
    return `${line}${label(x, bottom + 19, of === 'epochs' ? String(value) : format(value), 'middle', 'quiet')}`;
  });
  return `${ticks.join('')}${label((from + to) / 2, size.height - 6, name, 'middle', 'quiet')}`;
}

/** An axis on the left: numbers and faint lines across. */
export function leftAxis(scale: Scale, size: Size, margins: Margins): string {
  const count = Math.min(6, room(size.height - margins.top - margins.bottom, 42));
  const format = scale.tickFormat(count);
  const right = size.width - margins.right;
  return scale
    .ticks(count)
    .map((value) => {
      const y = scale(value);
      return `${segment(margins.left, y, right, y, 'grid')}${label(margins.left - 8, y + 4, format(value), 'end', 'quiet')}`;
    })
    .join('');
}

/** A dashed upright, such as where the baseline is. */
export function dashedUpright(x: number, { height }: Size, { top, bottom }: Margins): string {
  return segment(x, top, x, height - bottom, 'upright');
}

/** A horizontal whisker with end caps. */
export function whisker(low: number, high: number, y: number, cap: number): string {
  const [from, to, over, under] = [pixel(low), pixel(high), pixel(y - cap), pixel(y + cap)];
  return `<path class="whisker" d="M${from} ${pixel(y)}H${to}M${from} ${over}V${under}M${to} ${over}V${under}"/>`;
}
