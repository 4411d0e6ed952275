import { join } from 'node:path';
import { renderPage } from '../report/page';
import { readPanels } from '../report/panels';
import { renderTaskPage } from '../report/task-page';
import { writeAtomically } from '../run/files';
import type { PlannedRun } from './plan';
import type { Obtained, Records, SeedRun } from './record';
import { type RowSummary, summarise } from './summary';
import { comparesTasks, summariseTasks, type TaskRowSummary } from './task-summary';

/** One row of the object that `compare --json` prints. */
export interface ComparisonRow extends Omit<RowSummary, 'meanDifference' | 'difference'> {
  /** Percentage points to the baseline on the same seeds, with the 95 % interval; null with one seed. */
  readonly difference: { readonly mean: number; readonly low: number; readonly high: number } | null;
}

/** One row of a comparison of several tasks, as `compare --json` prints it. */
export type ComparisonTaskRow = TaskRowSummary;

/** What `compare --json` prints, and what {@link compare} gives. */
export interface ComparisonResult {
  readonly rows: readonly (ComparisonRow | ComparisonTaskRow)[];
  readonly obtained: Obtained;
}

/** The figures of every row, as programs read them. */
export function comparisonResult(records: Records, obtained: Obtained): ComparisonResult {
  const rows = comparesTasks(obtained)
    ? summariseTasks(records, obtained)
    : summarise(records.rows).map(({ meanDifference: _, ...row }) => row);
  return { rows, obtained };
}

/** Everything that is known of the runs of a row. */
function runsOf({ rows, references }: Records, label: string): readonly SeedRun[] {
  const row = rows.find((candidate) => candidate.label === label);
  return row?.runs ?? references.flatMap(({ runs }) => runs);
}

/**
 * Writes `compare.json`, with everything behind the figures down to single epochs, and `report.html`.
 *
 * @param runs  where the rows' runs are, for the pictures that they saved
 * @returns     the path of the page
 */
export async function writeOutputs(
  folder: string,
  records: Records,
  obtained: Obtained,
  runs: readonly PlannedRun[],
): Promise<string> {
  const result = comparisonResult(records, obtained);
  const full = { ...result, rows: result.rows.map((row) => ({ ...row, runs: runsOf(records, row.label) })) };
  await writeAtomically(join(folder, 'compare.json'), `${JSON.stringify(full, null, 2)}\n`);
  const page = join(folder, 'report.html');
  const text = comparesTasks(obtained)
    ? await renderTaskPage(records, obtained, await readPanels(records, runs))
    : await renderPage(records.rows, obtained);
  await writeAtomically(page, text);
  return page;
}
