import { collectRun, type RowRecord, type RunFailure, type SeedRun } from '@overparam/report';
import { readRunRecord } from '@overparam/saved-runs';
import type { RowDescription } from './describe-rows';
import type { PlannedRun } from './plan';
import type { Outcome } from './pool';

/**
 * Gathers the finished runs by row; what failed, or ended without a result, is listed with its reason.
 *
 * @param outcomes  one for each of `runs`
 */
export async function gatherRows(
  rows: readonly RowDescription[],
  runs: readonly PlannedRun[],
  outcomes: readonly Outcome[],
): Promise<RowRecord[]> {
  const records = rows.map((row) => ({ ...row, runs: [] as SeedRun[], failures: [] as RunFailure[] }));
  for (const [index, { row, seed, folder }] of runs.entries()) {
    const record = records[row]!;
    const outcome = outcomes[index]!;
    try {
      if (outcome.kind === 'finished') record.runs.push(collectRun(await readRunRecord(folder), seed));
      else if (outcome.kind === 'failed') record.failures.push({ seed, message: outcome.message });
    } catch (error) {
      record.failures.push({ seed, message: (error as Error).message });
    }
  }
  return records;
}
