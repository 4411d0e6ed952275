import { displayWidth, padToWidth } from './width';

function widthsOf(rows: readonly (readonly string[])[]): number[] {
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

/**
 * Lines of cells, aligned to columns by spaces. Rows may have different numbers of cells.
 *
 * @param numeric  which columns are flush right; none by default
 * @example
 * console.log(columns([['a', '1'], ['bc', '10']], [false, true]));
 * // a    1
 * // bc  10
 */
export function columns(rows: readonly (readonly string[])[], numeric: readonly boolean[] = []): string {
  const widths = widthsOf(rows);
  return rows.map((row) => lineOf(row, widths, numeric)).join('\n');
}

/**
 * A table in lines of text: headings, a rule under them, and rows.
 *
 * @param numeric  which columns are flush right
 */
export function alignColumns(
  headings: readonly string[],
  body: readonly (readonly string[])[],
  numeric: readonly boolean[],
): string {
  const widths = widthsOf([headings, ...body]).slice(0, headings.length);
  const line = (cells: readonly string[]) => lineOf(cells, widths, numeric);
  return [line(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}
