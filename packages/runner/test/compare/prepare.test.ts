import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadedConfig, RunConfig } from '@overparam/config';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planRuns } from '../../src/compare/plan';
import { prepareComparison } from '../../src/compare/prepare';

const loaded = { config: {}, name: 'config.yaml', folder: '.' } as LoadedConfig;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-prepare-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function planned(
  epochs: number,
  seeds: readonly number[] = [0],
  labels: readonly string[] = ['Baseline', 'FNL'],
) {
  const rows = labels.map(
    (label) => ({ label, epochs, lr: { peak: 0.1 }, plugins: [] }) as unknown as RunConfig,
  );
  return planRuns(rows, seeds, folder);
}

describe('the folder of a comparison', () => {
  test('a new one gets the config of every run', async () => {
    const runs = planned(3, [0, 1]);
    await prepareComparison(folder, runs, loaded, false);
    for (const run of runs) expect(await readFile(run.configFile, 'utf8')).toContain(`seed: ${run.seed}`);
  });

  test('one in use is left alone unless the user resumes', async () => {
    await prepareComparison(folder, planned(3), loaded, false);
    await expect(prepareComparison(folder, planned(3), loaded, false)).rejects.toThrow(/Add --resume/);
    await expect(prepareComparison(folder, planned(3), loaded, true)).resolves.toBeUndefined();
  });

  test('it goes on with the same settings only, and names what differs', async () => {
    await prepareComparison(folder, planned(3), loaded, false);
    const before = await readFile(planned(3)[0]!.configFile, 'utf8');
    await expect(prepareComparison(folder, planned(4), loaded, true)).rejects.toMatchObject({
      code: 'run-differs',
      message: expect.stringMatching(/row "Baseline" with other settings: epochs/),
    });
    expect(await readFile(planned(3)[0]!.configFile, 'utf8')).toBe(before);
  });

  test('seeds and rows can be added', async () => {
    await prepareComparison(folder, planned(3), loaded, false);
    const more = planned(3, [0, 1], ['Baseline', 'FNL', 'RepVGG']);
    await prepareComparison(folder, more, loaded, true);
    expect(more.every((run) => existsSync(run.configFile))).toBe(true);
  });

  test('what is not a comparison is not written into', async () => {
    await writeFile(join(folder, 'thesis.tex'), 'years of work');
    for (const resume of [false, true]) {
      await expect(prepareComparison(folder, planned(3), loaded, resume)).rejects.toMatchObject({
        code: 'output-exists',
      });
    }
    expect(existsSync(join(folder, 'configs'))).toBe(false);
  });
});
