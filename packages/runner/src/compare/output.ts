import { join } from 'node:path';
import { renderPage } from '../report/page';
import { writeAtomically } from '../run/files';
import type { Obtained, RowRecord } from './record';
import { type RowSummary, summarise } from './summary';

/** One row of the object that `compare --json` prints. */
export interface ComparisonRow extends Omit<RowSummary, 'meanDifference' | 'difference'> {
  /** Percentage points to the baseline on the same seeds, with the 95 % interval; null with one seed. */
  readonly difference: { readonly mean: number; readonly low: number; readonly high: number } | null;
}

/** What `compare --json` prints, and what {@link compare} gives. */
export interface ComparisonResult {
  readonly rows: readonly ComparisonRow[];
  readonly obtained: Obtained;
}

/** The figures of every row, as programs read them. */
export function comparisonResult(rows: readonly RowRecord[], obtained: Obtained): ComparisonResult {
  return { rows: summarise(rows).map(({ meanDifference: _, ...row }) => row), obtained };
}

/**
 * Writes `compare.json`, with everything behind the figures down to single epochs, and `report.html`.
 *
 * @returns the path of the page
 */
export async function writeOutputs(
  folder: string,
  rows: readonly RowRecord[],
  obtained: Obtained,
): Promise<string> {
  const result = comparisonResult(rows, obtained);
  const full = {
    ...result,
    rows: result.rows.map((row, index) => ({ ...row, runs: rows[index]?.runs ?? [] })),
  };
  await writeAtomically(join(folder, 'compare.json'), `${JSON.stringify(full, null, 2)}\n`);
  const page = join(folder, 'report.html');
  await writeAtomically(page, await renderPage(rows, obtained));
  return page;
}
