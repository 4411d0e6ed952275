/** A cell's number, or its text where it has none. */
function cellValue(row: HTMLTableRowElement, column: number): number | string {
  const cell = row.cells[column];
  const given = cell?.dataset.value;
  if (given !== undefined) return given === '' ? Number.NaN : Number(given);
  const text = cell?.textContent ?? '';
  const plain = text.replaceAll('−', '-').replaceAll(',', '');
  const number = Number.parseFloat(plain);
  return /^[-+]?[\d.]/.test(plain) && !Number.isNaN(number) ? number : text;
}

/** Numbers by size, texts by the alphabet; what has no figure comes last in both directions. */
function compare(a: number | string, b: number | string, direction: 1 | -1): number {
  const missing = (value: number | string) => value === '-' || Number.isNaN(value);
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  if (typeof a === 'number' && typeof b === 'number') return direction * (a - b);
  return direction * String(a).localeCompare(String(b), 'en', { numeric: true });
}

function sortable(table: HTMLTableElement): void {
  const body = table.tBodies[0];
  const heads = table.tHead?.rows[0]?.cells;
  if (!body || !heads) return;
  const original = [...body.rows];
  for (const [column, head] of [...heads].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const before = head.getAttribute('aria-sort');
      for (const other of heads) other.removeAttribute('aria-sort');
      const next = before === null ? 'ascending' : before === 'ascending' ? 'descending' : null;
      if (next !== null) head.setAttribute('aria-sort', next);
      const direction = next === 'descending' ? -1 : 1;
      const rows =
        next === null
          ? original
          : [...original].sort((a, b) => compare(cellValue(a, column), cellValue(b, column), direction));
      body.append(...rows);
    });
  }
}

/** Makes the headings of tables buttons: by a first press ascending, then descending, then as it was. */
export function makeSortable(within: HTMLElement): void {
  for (const table of within.querySelectorAll<HTMLTableElement>('table.sortable:not([data-ready])')) {
    table.dataset.ready = '';
    sortable(table);
  }
}
