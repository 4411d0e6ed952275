import { join } from 'node:path';
import { writeFileAtomic } from '@overparam/files';
import {
  type ComparisonResult,
  type RowPictures,
  type RowRecord,
  readPictures,
  renderPage,
} from '@overparam/report';
import { readLegends } from '../run/read-run';
import type { PlannedRun } from './plan';

/** Pictures that the first run of each row saved; those of the single-task networks together, first. */
async function picturesOf(
  records: readonly RowRecord[],
  { rows }: ComparisonResult,
  runs: readonly PlannedRun[],
): Promise<RowPictures[]> {
  const foldersOf = (index: number) =>
    runs
      .filter(({ row }) => row === index)
      .slice(0, 1)
      .map(({ folder }) => folder);
  const read = async (label: string, folders: readonly string[]): Promise<RowPictures> => {
    const pictures = await readPictures(folders.map((folder) => join(folder, 'final', 'panels')));
    const legends = await Promise.all(folders.map(readLegends));
    return { label, pictures, legends: new Map(legends.flatMap((found) => [...found])) };
  };
  const shown: RowPictures[] = [];
  const references: string[] = [];
  for (const [index, { label, kind }] of records.entries()) {
    if (kind === 'reference') references.push(...foldersOf(index));
    else shown.push(await read(label, foldersOf(index)));
  }
  const combined = rows.find(({ kind }) => kind === 'reference');
  if (combined) shown.unshift(await read(combined.label, references));
  return shown;
}

/**
 * Writes `compare.json`, with the result and everything behind its figures down to single epochs, and `report.html`.
 *
 * @param runs  where the rows' runs are, for the pictures that they saved
 * @returns     the path of the page
 */
export async function writeOutputs(
  folder: string,
  records: readonly RowRecord[],
  result: ComparisonResult,
  runs: readonly PlannedRun[],
): Promise<string> {
  const full = { ...result, records };
  await writeFileAtomic(join(folder, 'compare.json'), `${JSON.stringify(full, null, 2)}\n`);
  const page = join(folder, 'report.html');
  await writeFileAtomic(page, await renderPage(records, result, await picturesOf(records, result, runs)));
  return page;
}
