import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparisonResult } from '@overparam/report';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleComparison } from '../../report/test/support/sample-comparison';
import { comparisonPage, isComparisonFolder, readComparison, slug } from '../src';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-saved-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a comparison is read with its figures computed anew, and its runs found by the names of their rows', async () => {
  const { records, obtained } = sampleComparison(2, 3);
  const stale = { rows: [], obtained, records };
  await writeFile(join(folder, 'compare.json'), JSON.stringify(stale));
  expect(isComparisonFolder(folder)).toBe(true);
  const saved = await readComparison(folder);
  expect(saved.result.rows).toEqual(
    JSON.parse(JSON.stringify(comparisonResult(saved.records, obtained).rows)),
  );
  expect(saved.result.rows).toHaveLength(7);
  expect(saved.places).toHaveLength(14);
  expect(saved.places[1]).toEqual({ row: 0, seed: '1', folder: 'baseline-seed1' });
  const run = join(folder, 'fnl-seed0');
  await mkdir(run);
  await writeFile(join(run, 'config.yaml'), 'method: <fnl>\n');
  const page = await comparisonPage(folder, saved.records, saved.result, saved.places);
  expect(page).toContain('method: &lt;fnl&gt;');
  expect(page).toContain('npx @overparam/runner train fnl-seed0/config.yaml --out one-run-again');
});

test('where a run is stands in the file, for rows whose folders have other names', async () => {
  const { records, obtained } = sampleComparison(1, 1);
  const places = [{ row: 0, seed: '0', folder: 'baseline-lr-0-1-seed0' }];
  await writeFile(join(folder, 'compare.json'), JSON.stringify({ rows: [], obtained, records, places }));
  expect((await readComparison(folder)).places).toEqual(places);
});

test('labels become names that every file system takes', () => {
  expect(slug('TriRep, cyclic')).toBe('trirep-cyclic');
  expect(slug('../../Ünïcode  é!')).toBe('u-ni-code-e');
  expect(slug('…')).toBe('row');
});
