import { visibleInLine } from './visible';
import { displayWidth, padToWidth } from './width';

/** Rows of cells, one text a column. */
export type Cells = readonly (readonly string[])[];

function widthsOf(rows: Cells): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
  }
  return widths;
}

function lineOf(cells: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string {
  return cells
    .map((cell, column) => padToWidth(cell, widths[column]!, numeric[column] ? 'start' : 'end'))
    .join('  ')
    .trimEnd();
}

function shown(rows: Cells): string[][] {
  return rows.map((row) => row.map(visibleInLine));
}

/**
 * Lines of cells, aligned to columns by spaces. Rows may have different numbers of cells.
 *
 * @param numeric  which columns are flush right; none by default
 * @example
 * console.log(columns([['a', '1'], ['bc', '10']], [false, true]));
 * // a    1
 * // bc  10
 */
export function columns(rows: Cells, numeric: readonly boolean[] = []): string {
  const cells = shown(rows);
  const widths = widthsOf(cells);
  return cells.map((row) => lineOf(row, widths, numeric)).join('\n');
}

/**
 * A table in lines of text: headings, a rule under them, and rows.
 *
 * @param numeric  which columns are flush right
 */
export function alignColumns(headings: readonly string[], body: Cells, numeric: readonly boolean[]): string {
  const [heading, ...rows] = shown([headings, ...body]);
  const widths = widthsOf([heading!, ...rows]).slice(0, headings.length);
  const line = (cells: readonly string[]) => lineOf(cells, widths, numeric);
  return [line(heading!), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
