import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/main';
import { catchStreams } from '../support/streams';
import { temporaryFolder, tiny } from '../support/tiny';

const path = temporaryFolder();
const { said, printed, object } = catchStreams();

function configFile(more: object): string {
  const file = path('config.yaml');
  writeFileSync(file, stringify({ ...tiny, ...more }));
  return file;
}

test('a dry run of one run times updates, counts all of them, and writes nothing', async () => {
  const file = configFile({ epochs: 40 });
  const before = readdirSync(path());
  expect(await main(['train', file, '--dry-run', '--json', '--out', path('run')]), said()).toBe(0);
  const { runs } = object<{ runs: Record<string, unknown>[] }>();
  expect(runs).toHaveLength(1);
  // 24 images in batches of 8: three updates an epoch.
  expect(runs[0]).toMatchObject({ updates: 120, epochs: 40, trainImages: 24, testImages: 10, memory: null });
  expect(runs[0]!.secondsPerUpdate).toBeGreaterThan(0);
  expect(runs[0]!.timed).toBeGreaterThanOrEqual(3);
  expect(existsSync(path('run'))).toBe(false);
  expect(readdirSync(path())).toEqual(before);
});

test('a dry run of a comparison has a line for each row, and the time of all runs', async () => {
  const rows = [{ label: 'plain' }, { label: 'scaled', method: 'fnl' }];
  const file = configFile({ rows, seeds: [1, 2, 3] });
  expect(await main(['compare', file, '--dry-run', '--jobs', '2', '--out', path('runs')]), said()).toBe(0);
  expect(printed()).toMatch(/^plain +9 +3 +24 /m);
  expect(printed()).toMatch(/^scaled +9 +3 +24 /m);
  expect(printed()).toContain('6 runs (2 rows, 3 seeds), 2 at a time, on wasm');
  expect(printed()).toContain('Nothing was written.');
  expect(existsSync(path('runs'))).toBe(false);
});

test('a run of fewer updates than there are to time is no error, and a mistake is one', async () => {
  expect(await main(['train', configFile({ epochs: 1, batch: 24 }), '--dry-run', '--json']), said()).toBe(0);
  const { runs } = object<{ runs: Record<string, unknown>[] }>();
  expect(runs[0]).toMatchObject({ updates: 1, timed: 0, secondsPerUpdate: null });
  expect(await main(['train', configFile({ batch: 100 }), '--dry-run'])).toBe(2);
  expect(said()).toContain('batch: 100 is larger than the 24 training images');
});

test('a dry run for a cluster does not count on cores of this machine', async () => {
  const file = configFile({ rows: [{ label: 'plain' }], seeds: [1, 2], launcher: { name: 'slurm' } });
  expect(await main(['compare', file, '--dry-run', '--out', path('runs')]), said()).toBe(0);
  expect(printed()).toContain('2 runs (1 rows, 2 seeds) as tasks of slurm: about ');
});
