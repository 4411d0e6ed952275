import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slurmMissing, startSlurm, stopSlurm } from '../../../scripts/slurm.mjs';
import { completeLauncher, type SlurmOptions, scheduledLauncher, statusOf } from '../src';
import { slurmScheduler } from '../src/slurm/scheduler';
import { command, fakeRuns, resultOf, startsOf, until, watched } from './support/runs';

const missing = slurmMissing();
if (missing !== null) console.log(`Not tested on a real Slurm: ${missing}`);

describe.skipIf(missing !== null)('a Slurm of three nodes on this host', { timeout: 180_000 }, () => {
  let folder: string;
  const scheduler = (options: object = {}) =>
    slurmScheduler(completeLauncher({ name: 'slurm', pollSeconds: 0.3, ...options }) as SlurmOptions);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'overparam-one-host-'));
    process.env.SLURM_CONF = await startSlurm(join(folder, 'cluster'), { maxArraySize: 2 });
  });
  afterAll(async () => {
    await stopSlurm(join(folder, 'cluster'));
    delete process.env.SLURM_CONF;
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  test('brings runs to their ends, through the preemption of one of them', async () => {
    const out = join(folder, 'out');
    await mkdir(out);
    const runs = await fakeRuns(out, {
      told: { steps: 60 },
      other: { steps: 3 },
      fails: { steps: 3, failures: 9 },
    });
    const launch = watched(out, runs);
    await scheduler().check(command);
    const launched = scheduledLauncher(scheduler())(runs, launch);
    await until(
      () =>
        readFile(join(runs[0]!.folder, 'state')).then(
          () => true,
          () => false,
        ),
      'its first step',
    );
    const before = await statusOf(runs, { ...launch, out });
    expect(before[0]).toMatchObject({ state: 'running', node: expect.stringMatching(/^node[123]$/) });
    expect(spawnSync('scancel', ['--signal=TERM', '--batch', before[0]!.job]).status).toBe(0);
    const [told, other, fails] = await launched;
    expect([told, other]).toEqual([{ kind: 'finished' }, { kind: 'finished' }]);
    expect(fails).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('The loss became NaN. Its log is'),
    });
    expect([await resultOf(runs[0]!), await startsOf(runs[0]!)]).toEqual(['{"sum":1830}', 2]);
  });

  test('says why it takes no job, in its own words', async () => {
    await expect(scheduler({ partition: 'nope' }).check(command)).rejects.toMatchObject({
      code: 'launcher-refused',
      message: expect.stringContaining('invalid partition specified: nope'),
    });
  });
});
