import { figureIn, headlines } from '../comparison/figures';
import type { Effort } from '../comparison/records';
import type { FigureSpec } from '../comparison/run-records';
import type { ComparisonResult, RowSummary } from '../comparison/summary';
import { choiceWords, figuresCaption, shownChoices } from './choices';
import { differenceText, standingClass, standingText } from './differences';
import { differingEffort, effortCell, effortColumns } from './effort';
import { figureDigits, headingsOf, ofTask } from './figures';
import { isMeasured } from './notes';
import {
  absent,
  countText,
  gapText,
  longTimeText,
  multiplyAddsText,
  secondsText,
  signed,
  spreadText,
} from './numbers';

/** One column of a table of a comparison. */
export interface Column<Row = RowSummary> {
  readonly heading: string;
  /** Columns of one group stand together where a table is too wide for one; a task's figures do. */
  readonly group?: string;
  /** Numbers align to the right. */
  readonly numeric: boolean;
  cell(row: Row): string;
  /** The number behind a cell, where its text does not begin with it in the column's own unit. */
  value?(row: Row): number | null;
  /** A class for the cell, such as one that colours a verdict. */
  className?(row: Row): string;
}

/** One table of a comparison, printed and on the page; its first column names the rows. */
export interface Table<Row = RowSummary> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

const nameColumn: Column = { heading: 'row', numeric: false, cell: ({ label }) => label };

const text = (heading: string, cell: Column['cell']): Column => ({ heading, numeric: false, cell });
const number = (heading: string, cell: Column['cell'], value?: Column['value']): Column => ({
  heading,
  numeric: true,
  cell,
  ...(value && { value }),
});

function figureColumns(metrics: readonly FigureSpec[]): Column[] {
  const headings = headingsOf(metrics);
  return metrics.map((figure, index) => ({
    ...number(headings[index]!, (row) => {
      const spread = figureIn(row.figures, figure);
      if (!isMeasured(row)) return row.failures.length > 0 ? 'failed' : absent;
      return spread ? spreadText(spread, figureDigits(figure)) : absent;
    }),
    group: figure.task,
  }));
}

function improvementColumns({ rows, obtained: { improvement } }: ComparisonResult): Column[] {
  if (rows.every(({ kind }) => kind !== 'reference')) return [];
  const { name, direction } = improvement;
  return [
    number(`${name} % ${direction === 'higher' ? '↑' : '↓'}`, (row) => {
      if (row.kind === 'reference') return isMeasured(row) ? '0' : absent;
      const spread = row.improvements[name];
      if (spread === undefined || spread.mean === null) return absent;
      return spread.sd === null ? signed(spread.mean) : `${signed(spread.mean)} ± ${spread.sd.toFixed(2)}`;
    }),
  ];
}

/** The difference to the baseline in a headline figure and what it says; none without a baseline. */
function differenceColumns({ rows, obtained: { metrics } }: ComparisonResult): Column[] {
  if (rows.every(({ kind }) => kind !== 'baseline')) return [];
  return headlines(metrics).flatMap((figure) => {
    const of = (row: RowSummary) => figureIn(row.differences, figure);
    const digits = figureDigits(figure);
    const standing: Column = {
      ...text(ofTask(figure.task, 'vs baseline', metrics), (row) =>
        row.kind === 'baseline' ? 'baseline' : standingText(of(row), digits),
      ),
      className: (row) => standingClass(of(row), figure),
    };
    const heading = ofTask(figure.task, 'difference [95 %]', metrics);
    const intervals = rows.some((row) => of(row)?.interval);
    const columns = intervals
      ? [number(heading, (row) => differenceText(of(row), digits)), standing]
      : [standing];
    return columns.map((column) => ({ ...column, group: `difference in ${figure.task}` }));
  });
}

/** What the rows are and cost; what they spent, where that differs. */
function costColumns({ rows }: ComparisonResult): Column[] {
  const named = rows.some(({ label, method, routine }) => label !== `${method}/${routine}`);
  const severalNetworks = rows.some(({ deployNetworks }) => (deployNetworks ?? 1) > 1);
  const projected = rows.some(({ projectedSeconds }) => projectedSeconds !== null);
  const effort = differingEffort(rows).map((key: keyof Effort) =>
    number(effortColumns[key], (row) => effortCell(row, key)),
  );
  return [
    nameColumn,
    ...(named ? [text('method', ({ method }) => method), text('routine', ({ routine }) => routine)] : []),
    ...effort,
    number('trained', ({ trainParameters }) => countText(trainParameters)),
    number('deployed', ({ deployParameters }) => countText(deployParameters)),
    number(
      'mult-adds',
      ({ deployMultiplyAdds }) => multiplyAddsText(deployMultiplyAdds),
      (row) => row.deployMultiplyAdds,
    ),
    ...(severalNetworks ? [number('networks', ({ deployNetworks }) => countText(deployNetworks))] : []),
    number(
      'time/epoch',
      ({ secondsPerEpoch }) => secondsText(secondsPerEpoch),
      (row) => row.secondsPerEpoch,
    ),
    ...(projected
      ? [
          number(
            'projected',
            ({ projectedSeconds }) => longTimeText(projectedSeconds),
            (row) => row.projectedSeconds,
          ),
        ]
      : []),
    number(
      'collapse gap',
      ({ collapseGap }) => gapText(collapseGap),
      (row) => row.collapseGap,
    ),
  ];
}

/**
 * The tables of a comparison, in the order people read them: figures; differences to the baseline, where they are of more
 * than one task and so would not fit beside the figures; costs.
 */
export function tablesOf(result: ComparisonResult): Table[] {
  const { rows, obtained } = result;
  const differences = differenceColumns(result);
  const apart = headlines(obtained.metrics).length > 1;
  const compared = rows.filter(({ kind }) => kind !== 'reference');
  const choices =
    shownChoices(rows).length > 1 ? [text('figures of', ({ evaluation }) => choiceWords[evaluation])] : [];
  const figures: Table = {
    caption: figuresCaption(rows),
    columns: [
      nameColumn,
      ...choices,
      ...figureColumns(obtained.metrics),
      ...improvementColumns(result),
      ...(apart ? [] : differences),
    ],
    rows,
  };
  return [
    figures,
    ...(apart && differences.length > 0
      ? [
          {
            caption: "Each task's headline figure against the baseline",
            columns: [nameColumn, ...differences],
            rows: compared,
          },
        ]
      : []),
    { caption: 'What the rows are and what they cost', columns: costColumns(result), rows },
  ];
}
