import { escapeMarkup } from './escape';

/** One column of an HTML table. */
export interface HtmlColumn<Row> {
  readonly heading: string;
  readonly numeric: boolean;
  cell(row: Row): string;
  /** A class for the cell, such as one that colours a verdict. */
  className?(row: Row): string;
}

/** An accessible table that scrolls sideways where it does not fit; the first column names each row. */
export function htmlTable<Row>(
  caption: string,
  columns: readonly HtmlColumn<Row>[],
  rows: readonly Row[],
): string {
  const head = columns
    .map(
      ({ heading, numeric }) =>
        `<th scope="col"${numeric ? ' class="number"' : ''}>${escapeMarkup(heading)}</th>`,
    )
    .join('');
  const body = rows.map((row) => {
    const cells = columns.map((column, index) => {
      const classes = [column.numeric ? 'number' : '', column.className?.(row) ?? '']
        .filter(Boolean)
        .join(' ');
      const attribute = classes === '' ? '' : ` class="${escapeMarkup(classes)}"`;
      const tag = index === 0 ? 'th' : 'td';
      return `<${tag}${index === 0 ? ' scope="row"' : ''}${attribute}>${escapeMarkup(column.cell(row))}</${tag}>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="${escapeMarkup(caption)}" tabindex="0"><table><caption>${escapeMarkup(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
