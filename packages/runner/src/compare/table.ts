import { alignColumns } from './align';
import type { Obtained } from './record';
import type { RowSummary } from './summary';
import {
  countText,
  differenceText,
  errorText,
  gapText,
  losersText,
  obtainedText,
  projectionNote,
  secondsText,
  standingNote,
  standingText,
  timeNote,
} from './wording';

/** One column of the results. */
export interface Column {
  readonly heading: string;
  /** Numbers align to the right. */
  readonly numeric: boolean;
  cell(row: RowSummary): string;
}

const nameColumn: Column = { heading: 'row', numeric: false, cell: (row) => row.label };

const figureColumns: readonly Column[] = [
  { heading: 'method', numeric: false, cell: (row) => row.method },
  { heading: 'routine', numeric: false, cell: (row) => row.routine },
  { heading: 'top-1 error %', numeric: true, cell: errorText },
  { heading: 'difference [95 %]', numeric: true, cell: differenceText },
  { heading: 'vs baseline', numeric: false, cell: standingText },
  { heading: 'trained', numeric: true, cell: (row) => countText(row.trainParameters) },
  { heading: 'deployed', numeric: true, cell: (row) => countText(row.deployParameters) },
  { heading: 'time/epoch', numeric: true, cell: (row) => secondsText(row.secondsPerEpoch) },
  { heading: 'collapse gap', numeric: true, cell: (row) => gapText(row.collapseGap) },
];

/**
 * The columns of the results, in the order people read them: printed and in the report. The rows' own names
 * come first, unless they only repeat method and routine.
 */
export function columnsOf(rows: readonly RowSummary[]): readonly Column[] {
  const named = rows.some((row) => row.label !== `${row.method}/${row.routine}`);
  return named ? [nameColumn, ...figureColumns] : figureColumns;
}

/** The whole printed result: table, how it was obtained, who lost and what failed. */
export function renderTable(rows: readonly RowSummary[], obtained: Obtained): string {
  const columns = columnsOf(rows);
  const table = alignColumns(
    columns.map((column) => column.heading),
    rows.map((row) => columns.map((column) => column.cell(row))),
    columns.map((column) => column.numeric),
  );
  const failures = rows.flatMap((row) =>
    row.failures.map((failure) => `Failed: ${row.label}, seed ${failure.seed}: ${failure.message}`),
  );
  return [
    table,
    '',
    'Top-1 error of the collapsed network on the test images, in percent; lower is better.',
    obtainedText(obtained),
    standingNote(rows, obtained),
    losersText(rows),
    timeNote(obtained),
    projectionNote(rows, obtained),
    ...failures,
  ]
    .filter((line, index) => line !== '' || index === 1)
    .join('\n');
}
