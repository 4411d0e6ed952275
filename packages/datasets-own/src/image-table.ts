import { basename, dirname, resolve } from 'node:path';
import { OverparamError } from '@overparam/errors';
import type { Dataset, DatasetContext, DatasetTask } from '@overparam/plugin';
import * as z from 'zod';
import type { OwnExample } from './example';
import { chooseTest, openExamples } from './open-examples';
import { type CommonOptions, commonShape, type PictureOptions, pictureShape, place } from './options';
import { readPictures } from './read-pictures';
import { readTable, requireColumn, type Table } from './table';

/** Options of {@link imageTable}. */
export interface ImageTableOptions extends PictureOptions, CommonOptions {
  readonly table: string;
  /** The column of paths, which start from the table's folder. */
  readonly image: string;
  /** The column that says `train` or `test`. */
  readonly split: string;
  /** What each column is about; null for all columns but those two. */
  readonly tasks: Readonly<Record<string, 'class' | 'number'>> | null;
  /** What stands for a number where a column has a gap. */
  readonly gap: number | null;
}

const schema = z.strictObject({
  table: place('The CSV file'),
  image: z.string().min(1).default('image').describe("Column of pictures' paths, from the table's folder."),
  split: z.string().min(1).default('split').describe('Column that says train or test, where there is one.'),
  tasks: z
    .record(z.string(), z.enum(['class', 'number']))
    .nullable()
    .default(null)
    .describe(
      'Columns that are learnt, as classes or as numbers; null for all others, by what stands in them.',
    ),
  gap: z
    .number()
    .nullable()
    .default(null)
    .describe('What stands for a number that is missing; taskOptions.missing then says the same.'),
  ...pictureShape,
  ...commonShape,
});

/** A column that is learnt: its task, and the label of each row. */
interface Column {
  readonly task: DatasetTask;
  readonly labels: readonly number[];
}

const isNumber = (text: string) => text !== '' && Number.isFinite(Number(text));

function classColumn(name: string, cells: readonly string[], called: string): Column {
  const classes = [...new Set(cells.filter((cell) => cell !== ''))].sort();
  if (classes.length < 2) {
    throw new OverparamError(
      'data-format',
      `The column "${name}" of "${called}" has ${classes.length === 0 ? 'no class' : `one class, "${classes[0]}"`}; there must be two or more. Leave it out by tasks.`,
    );
  }
  return {
    task: {
      name,
      kind: 'classification',
      outputs: classes.length,
      classes,
      label: { shape: [], dtype: 'int32' },
    },
    // A gap is -1, which no loss and no figure counts.
    labels: cells.map((cell) => classes.indexOf(cell)),
  };
}

function numberColumn(name: string, cells: readonly string[], gap: number | null, called: string): Column {
  const labels = cells.map((cell, row) => {
    if (isNumber(cell)) return Number(cell);
    if (cell === '' && gap !== null) return gap;
    // The line of names is the first.
    const where = `Row ${row + 2} of "${called}" has ${cell === '' ? 'nothing' : `"${cell}"`} in the column "${name}"`;
    throw new OverparamError(
      'data-format',
      cell === ''
        ? `${where}, where a number is expected. Fill it, or say gap: -1 here and taskOptions: { byTask: { ${name}: { missing: -1 } } }.`
        : `${where}, which is not a number. Mend it, or take the column as classes by tasks: { ${name}: class }.`,
    );
  });
  return {
    task: { name, kind: 'regression', outputs: 1, label: { shape: [], dtype: 'float32' } },
    labels,
  };
}

function columnsOf(table: Table, options: ImageTableOptions, called: string): Column[] {
  const others = table.columns.filter((name) => name !== options.image && name !== options.split);
  const kindOf = (name: string) =>
    table.rows.every((row) => row[name] === '' || isNumber(row[name]!)) ? 'number' : 'class';
  const wanted = options.tasks ?? Object.fromEntries(others.map((name) => [name, kindOf(name)]));
  const names = Object.keys(wanted);
  if (names.length === 0) {
    throw new OverparamError(
      'data-format',
      `The table "${called}" has no column to learn beside "${options.image}". Add one, or name it by tasks.`,
    );
  }
  return names.map((name) => {
    requireColumn(table, name, called);
    const cells = table.rows.map((row) => row[name]!);
    return wanted[name] === 'class'
      ? classColumn(name, cells, called)
      : numberColumn(name, cells, options.gap, called);
  });
}

/** Which rows are for training and for testing. */
function splitRows(table: Table, options: ImageTableOptions, called: string) {
  const every = table.rows.map((_, index) => index);
  if (!table.columns.includes(options.split)) return chooseTest([every], options);
  const odd = table.rows.findIndex((row) => !['train', 'test'].includes(row[options.split]!));
  if (odd >= 0) {
    throw new OverparamError(
      'data-format',
      `Row ${odd + 2} of "${called}" has "${table.rows[odd]![options.split]}" in the column "${options.split}"; expected train or test.`,
    );
  }
  const rowsOf = (split: string) => every.filter((row) => table.rows[row]![options.split] === split);
  return { train: rowsOf('train'), test: rowsOf('test') };
}

async function read(options: ImageTableOptions, context: DatasetContext) {
  const path = resolve(context.dataDir, options.table);
  const called = basename(path);
  const table = await readTable(path, called);
  requireColumn(table, options.image, called);
  const columns = columnsOf(table, options, called);
  const chosen = splitRows(table, options, called);
  for (const split of ['train', 'test'] as const) {
    if (chosen[split].length > 0) continue;
    throw new OverparamError('data-missing', `The table "${called}" has no rows for the split ${split}.`);
  }
  const names = table.rows.map((row) => row[options.image]!);
  const files = names.map((name) => resolve(dirname(path), name));
  const pictures = await readPictures(files, names, options, context);
  return { called, table, columns, chosen, pictures };
}

/**
 * A table of pictures and of what is to be learnt of each, in one column for each task: words are classes, numbers are
 * numbers. A gap in a column of classes is a missing label.
 */
export const imageTable: Dataset<ImageTableOptions, OwnExample> = {
  apiVersion: 1,
  name: 'image-table',
  summary: 'Your own pictures and labels: a CSV file with a column for each task.',
  options: schema,
  async open(options, context) {
    const { called, table, columns, chosen, pictures } = await read(options, context);
    const examples = pictures.map((image, row) => ({
      image,
      labels: Object.fromEntries(columns.map(({ task, labels }) => [task.name, [labels[row]!]])),
    }));
    const [height, width] = options.size;
    const bySeed = table.columns.includes(options.split) ? '' : `, split by seed ${options.splitSeed}`;
    return openExamples(
      {
        inputShape: [height, width, options.colour === 'grey' ? 1 : 3],
        tasks: columns.map(({ task }) => task),
        missing: {},
        train: chosen.train.map((row) => examples[row]!),
        test: chosen.test.map((row) => examples[row]!),
        source: `${table.rows.length} pictures of the table ${called}${bySeed}`,
      },
      options,
    );
  },
  async verify(options, context) {
    const { called, columns, pictures } = await read(options, context);
    const tasks = columns.map(({ task }) => `${task.name} (${task.kind})`).join(', ');
    return [{ what: called, ok: true, detail: `${pictures.length} pictures, all read; tasks: ${tasks}` }];
  },
};
