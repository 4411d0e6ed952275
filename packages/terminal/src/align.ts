/** Lines of text with columns aligned by spaces, a rule under the headings. */
export function alignColumns(
  headings: readonly string[],
  body: readonly (readonly string[])[],
  numeric: readonly boolean[],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...body.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}
