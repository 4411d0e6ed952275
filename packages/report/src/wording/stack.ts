import { displayWidth } from '@overparam/terminal';
import type { Column, Table } from './columns';

/** The widest that a printed table becomes, unless two of its columns alone are wider. */
export const widest = 110;

/** Spaces between two columns of `alignColumns`. */
const between = 2;

/** Columns that are not torn apart: those of one group that stand side by side, or one column. */
function blocksOf<Row>(columns: readonly Column<Row>[]): Column<Row>[][] {
  const blocks: Column<Row>[][] = [];
  for (const column of columns) {
    const last = blocks.at(-1);
    if (last && column.group !== undefined && last[0]!.group === column.group) last.push(column);
    else blocks.push([column]);
  }
  return blocks;
}

/**
 * The columns of a table as they are printed: in tables below each other where one would be wider than {@link widest}, each
 * with the first column, which names the rows.
 */
export function stacked<Row>({ columns, rows }: Table<Row>): readonly (readonly Column<Row>[])[] {
  const [name, ...others] = columns as [Column<Row>, ...Column<Row>[]];
  const widthOf = ({ heading, cell }: Column<Row>) =>
    between + Math.max(...[heading, ...rows.map(cell)].map(displayWidth));
  const fits = (chosen: readonly Column<Row>[]) =>
    chosen.reduce((sum, column) => sum + widthOf(column), -between) <= widest;
  const blocks = blocksOf(others).flatMap((block) =>
    fits([name, ...block]) ? [block] : block.map((column) => [column]),
  );
  const tables: Column<Row>[][] = [[name]];
  for (const block of blocks) {
    const last = tables.at(-1)!;
    if (last.length === 1 || fits([...last, ...block])) last.push(...block);
    else tables.push([name, ...block]);
  }
  return tables;
}
