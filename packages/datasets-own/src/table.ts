import { readFile } from 'node:fs/promises';
import { nearest, OverparamError } from '@overparam/errors';
import { parse } from 'csv-parse/sync';

/** A table with a name for each column; empty where nothing stands. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/**
 * Reads a CSV file with a line of names: commas or semicolons or tabs between, quotes where needed.
 *
 * @param called  what the file is called in messages
 * @throws OverparamError `data-missing`, `data-format`
 */
export async function readTable(path: string, called: string): Promise<Table> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new OverparamError(
      'data-missing',
      `There is no table "${called}" to read (looked for ${path}). Name one below --data-dir, or by its whole path.`,
      { cause },
    );
  }
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [',', ';', '\t'].find((sign) => first.includes(sign)) ?? ',';
  try {
    const [names = [], ...lines] = parse(text, { bom: true, delimiter, trim: true, skip_empty_lines: true });
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`the column "${twice}" stands twice`);
    if (lines.length === 0) throw new Error('it has no rows below its line of names');
    const rows = lines.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])));
    return { columns: names, rows };
  } catch (cause) {
    throw new OverparamError(
      'data-format',
      `The table "${called}" cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

/** @throws OverparamError `unknown-column` with the nearest name, where a table has no such column */
export function requireColumn({ columns }: Table, name: string, called: string): void {
  if (columns.includes(name)) return;
  const near = nearest(name, columns);
  throw new OverparamError(
    'unknown-column',
    `The table "${called}" has no column "${name}". ${near ? `Did you mean "${near}"?` : `It has ${columns.join(', ')}.`}`,
  );
}
