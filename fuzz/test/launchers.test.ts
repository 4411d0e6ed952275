import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkLaunchers, smallComparison } from '../launchers';
import { fakeCluster } from '../launchers/cluster';

// The long form, on a Slurm of three nodes: `npm run fuzz -- launchers --kills 20`.
const out = mkdtempSync(join(tmpdir(), 'overparam-launchers-'));
afterAll(() => rmSync(out, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

test.runIf(process.platform === 'linux')(
  'tasks of a job array, some of them killed, make what processes of one machine make',
  { timeout: 600_000 },
  async () => {
    const cluster = await fakeCluster(join(out, 'cluster'));
    try {
      const config = smallComparison(out, { seeds: [0] });
      const verdict = await checkLaunchers({ config, given: [], kills: 2, seed: 14, out }, cluster);
      console.log(`blows: ${verdict.blows.join(', ')}`);
      expect(verdict.problems).toEqual([]);
    } finally {
      await cluster.end();
    }
  },
);
