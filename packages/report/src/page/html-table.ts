import { escapeMarkup } from '../drawing/escape';

/** One column of an HTML table. */
export interface HtmlColumn<Row> {
  readonly heading: string;
  readonly numeric: boolean;
  cell(row: Row): string;
  /** The number behind a cell, where its text does not begin with it in the column's own unit. */
  value?(row: Row): number | null;
  /** A class for the cell, such as one that colours a verdict. */
  className?(row: Row): string;
}

/** An accessible table that scrolls sideways where it does not fit, and that the page's script lets readers sort; the first column names each row. */
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
      const value = column.value ? ` data-value="${column.value(row) ?? ''}"` : '';
      return `<${tag}${index === 0 ? ' scope="row"' : ''}${attribute}${value}>${escapeMarkup(column.cell(row))}</${tag}>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="${escapeMarkup(caption)}" tabindex="0"><table class="sortable"><caption>${escapeMarkup(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
