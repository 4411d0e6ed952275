import { join, relative } from 'node:path';
import { writeFileAtomic } from '@overparam/files';
import type { ComparisonResult, RowRecord } from '@overparam/report';
import { comparisonPage } from '@overparam/saved-runs';
import type { PlannedRun } from './plan';

/**
 * Writes `compare.json`, with the result and everything behind its figures down to single epochs, and `report.html`.
 *
 * @param runs  where the rows' runs are, for what they saved
 * @returns     the path of the page
 */
export async function writeOutputs(
  folder: string,
  records: readonly RowRecord[],
  result: ComparisonResult,
  runs: readonly PlannedRun[],
): Promise<string> {
  const places = runs.map(({ row, seed, folder: own }) => ({ row, seed, folder: relative(folder, own) }));
  const full = { ...result, records, places };
  await writeFileAtomic(join(folder, 'compare.json'), `${JSON.stringify(full, null, 2)}\n`);
  const page = join(folder, 'report.html');
  await writeFileAtomic(page, await comparisonPage(folder, records, result, places));
  return page;
}
