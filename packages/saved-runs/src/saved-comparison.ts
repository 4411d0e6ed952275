import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/errors';
import { improvementDefinitions } from '@overparam/mtl-heads';
import { type ComparisonResult, comparisonResult, type RowRecord } from '@overparam/report';
import { parseJson } from '@overparam/run-folder';
import type { RunPlace } from './comparison-page';
import { slug } from './slug';

/** What `compare.json` holds. */
type ComparisonFile = ComparisonResult & {
  readonly records: readonly RowRecord[];
  readonly places?: readonly RunPlace[];
};

/** Whether a folder holds a comparison, finished or not. */
export function isComparisonFolder(folder: string): boolean {
  return existsSync(join(folder, 'compare.json')) || existsSync(join(folder, 'configs'));
}

/** A comparison that was read, to be drawn again. */
export interface SavedComparison {
  readonly records: readonly RowRecord[];
  readonly result: ComparisonResult;
  readonly places: readonly RunPlace[];
}

/**
 * Reads a comparison; its figures are computed anew from the runs' records.
 *
 * @param folder  as the user wrote it
 * @throws OverparamError `comparison-unfinished`, `run-damaged`
 */
export async function readComparison(folder: string): Promise<SavedComparison> {
  const file = join(folder, 'compare.json');
  if (!existsSync(file)) {
    throw new OverparamError(
      'comparison-unfinished',
      `The comparison in "${folder}" is not finished: it has no compare.json yet. Finish it with --resume, or draw one of its runs: overparam report ${join(folder, 'RUN')}.`,
    );
  }
  const saved = parseJson(await readFile(file, 'utf8'), file) as Partial<ComparisonFile> | null;
  if (!Array.isArray(saved?.records) || typeof saved.obtained !== 'object') {
    throw new OverparamError(
      'run-damaged',
      `"${file}" is not the file that overparam compare writes: it has no records of runs. Take another copy of it, or compare again with --resume.`,
    );
  }
  const { records, obtained, chosen = null } = saved as ComparisonFile;
  const places =
    saved.places ??
    records.flatMap(({ runs }, row) =>
      runs.map(({ seed }) => ({ row, seed, folder: `${slug(records[row]!.label)}-seed${seed}` })),
    );
  const definitions = Object.values(improvementDefinitions);
  return { records, result: comparisonResult(records, obtained, definitions, chosen), places };
}
