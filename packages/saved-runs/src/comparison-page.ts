import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ComparisonResult,
  type Reproduction,
  type RowLayerRecords,
  type RowPictures,
  type RowRecord,
  readPictures,
  renderPage,
} from '@overparam/report';
import { readRunAbout } from '@overparam/run-folder';
import { readLayerRecords, readLegends } from './read-run';
import { reproductionOf } from './run-report';

/** Where a run of a comparison is. */
export interface RunPlace {
  /** Index of its row. */
  readonly row: number;
  readonly seed: string;
  /** From the comparison's folder. */
  readonly folder: string;
}

/** Pictures that the first run of each row saved; those of the single-task networks together, first. */
async function picturesOf(
  records: readonly RowRecord[],
  { rows }: ComparisonResult,
  places: readonly RunPlace[],
  folder: string,
): Promise<RowPictures[]> {
  const foldersOf = (index: number) =>
    places
      .filter(({ row }) => row === index)
      .slice(0, 1)
      .map((place) => join(folder, place.folder));
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

/** What each row's runs recorded of their layers. */
function layerRecordsOf(
  records: readonly RowRecord[],
  places: readonly RunPlace[],
  folder: string,
): Promise<RowLayerRecords[]> {
  return Promise.all(
    records.map(async ({ label }, index) => {
      const own = places.filter(({ row }) => row === index);
      return {
        label,
        runs: await Promise.all(own.map((place) => readLayerRecords(join(folder, place.folder)))),
      };
    }),
  );
}

/** What would train the rows again: the config of each, with its first seed. */
async function reproductionOfAll(
  records: readonly RowRecord[],
  places: readonly RunPlace[],
  folder: string,
): Promise<Reproduction> {
  const found = places.filter((place) => existsSync(join(folder, place.folder, 'config.yaml')));
  const configs = await Promise.all(
    records.flatMap(({ label }, index) => {
      const place = found.find(({ row }) => row === index);
      if (!place) return [];
      const text = readFile(join(folder, place.folder, 'config.yaml'), 'utf8');
      return [text.then((config) => ({ label: `${label}, seed ${place.seed}`, text: config }))];
    }),
  );
  const [first] = found;
  const path = first && join(folder, first.folder);
  const versions = path ? (await reproductionOf(path, await readRunAbout(path))).versions : {};
  const commands = [
    'npx @overparam/runner compare config.yaml --out again',
    ...(first ? [`npx @overparam/runner train ${first.folder}/config.yaml --out one-run-again`] : []),
  ];
  return { commands, versions, configs };
}

/** The page of a comparison, with what its runs saved of pictures and layers, and what would train them again. */
export async function comparisonPage(
  folder: string,
  records: readonly RowRecord[],
  result: ComparisonResult,
  places: readonly RunPlace[],
): Promise<string> {
  return renderPage(records, result, {
    pictures: await picturesOf(records, result, places, folder),
    layerRecords: await layerRecordsOf(records, places, folder),
    reproduction: await reproductionOfAll(records, places, folder),
  });
}
