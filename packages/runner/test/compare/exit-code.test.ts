import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { temporaryFolder, textOf, tiny } from '../support/tiny';

vi.mock('../../src/compare/own-command-line', () => ({
  ownCommandLine: () => ({
    file: process.execPath,
    prefix: [fileURLToPath(new URL('../fixtures/fake-run.mjs', import.meta.url))],
  }),
}));

const path = temporaryFolder();

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

test('a comparison with a run that failed ends with 1, and its report has the others', async () => {
  const config = path('config.yaml');
  const compared = async (out: string, ...labels: string[]) => {
    writeFileSync(
      config,
      stringify({ ...tiny, seed: undefined, seeds: [0], rows: labels.map((label) => ({ label })) }),
    );
    return main(['compare', config, '--out', path(out), '--resume']);
  };
  expect(await compared('sound', 'good', 'also good')).toBe(0);
  expect(await compared('failed', 'good', 'crashes')).toBe(1);
  expect(existsSync(path('failed', 'report.html'))).toBe(true);
  const { rows } = JSON.parse(textOf(path('failed', 'compare.json')));
  expect(rows.map(({ failures }: { failures: object[] }) => failures.length)).toEqual([0, 1]);
  // The run that failed is tried again, and fails again.
  expect(await compared('failed', 'good', 'crashes')).toBe(1);
  expect(textOf(path('failed', 'starts.txt')).match(/crashes/g)).toHaveLength(2);
});
