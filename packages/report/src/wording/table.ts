import { alignColumns } from '@overparam/terminal';
import type { ComparisonResult } from '../comparison/summary';
import { choiceText } from './choices';
import { chosenTable, costOfChoosing, edgeText, failedSettings, howChosen } from './chosen';
import { type Table, tablesOf } from './columns';
import { losersText, standingNote } from './differences';
import { failureTexts, improvementText, networksText } from './notes';
import { obtainedText, projectionNote, timeNote } from './obtained';
import { stacked } from './stack';

function tableText<Row>(table: Table<Row>): string {
  const aligned = stacked(table).map((columns) =>
    alignColumns(
      columns.map(({ heading }) => heading),
      table.rows.map((row) => columns.map((column) => column.cell(row))),
      columns.map(({ numeric }) => numeric),
    ),
  );
  return `${table.caption}\n\n${aligned.join('\n\n')}\n`;
}

/**
 * A comparison as people read it in a terminal: tables of figures, of differences to the baseline, of costs and of what was
 * chosen, what they mean, how they were obtained, who lost and what failed.
 *
 * @returns lines of text
 */
export function renderTable(result: ComparisonResult): string {
  const chosen = chosenTable(result);
  const tables = [...tablesOf(result).map(tableText), ...(chosen ? [tableText(chosen)] : [])];
  const notes = [
    choiceText(result.rows),
    improvementText(result),
    networksText(result),
    obtainedText(result),
    standingNote(result),
    losersText(result),
    howChosen(result),
    costOfChoosing(result),
    edgeText(result),
    timeNote(result),
    projectionNote(result),
    ...failedSettings(result).map((line) => `Failed while choosing, and so counted as worst: ${line}`),
    ...failureTexts(result.rows).map((line) => `Failed: ${line}`),
  ];
  return [...tables, ...notes.filter((line) => line !== '')].join('\n');
}
