import { alignColumns } from '@overparam/terminal';
import type { ComparisonResult } from '../comparison/summary';
import { choiceText } from './choices';
import { tablesOf } from './columns';
import { losersText, standingNote } from './differences';
import { failureTexts, improvementText, networksText } from './notes';
import { obtainedText, projectionNote, timeNote } from './obtained';

/**
 * A comparison as people read it in a terminal: tables of figures, of differences to the baseline and of costs, what
 * they mean, how they were obtained, who lost and what failed.
 *
 * @returns lines of text
 */
export function renderTable(result: ComparisonResult): string {
  const tables = tablesOf(result).map(({ caption, columns, rows }) => {
    const aligned = alignColumns(
      columns.map(({ heading }) => heading),
      rows.map((row) => columns.map((column) => column.cell(row))),
      columns.map(({ numeric }) => numeric),
    );
    return `${caption}\n\n${aligned}\n`;
  });
  const notes = [
    choiceText(result.rows),
    improvementText(result),
    networksText(result),
    obtainedText(result),
    standingNote(result),
    losersText(result),
    timeNote(result),
    projectionNote(result),
    ...failureTexts(result.rows).map((line) => `Failed: ${line}`),
  ];
  return [...tables, ...notes.filter((line) => line !== '')].join('\n');
}
