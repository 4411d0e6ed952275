import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeSlurm } from '../../../packages/launchers/test/support/fake-slurm';
import { slurmMissing, startSlurm, stopSlurm } from '../../../scripts/slurm.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const config = fileURLToPath(new URL('../config.yaml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'overparam-slurm-'));
const missing = slurmMissing();
let end: () => Promise<void>;

beforeAll(async () => {
  if (missing === null) {
    process.env.SLURM_CONF = await startSlurm(join(folder, 'one-host'));
    end = () => stopSlurm(join(folder, 'one-host'));
  } else {
    console.log(`On programs that stand in for Slurm's: ${missing}`);
    const slurm = await fakeSlurm(join(folder, 'stands-in'));
    await slurm.set({});
    end = () => slurm.end();
  }
}, 120_000);
afterAll(async () => {
  await end();
  delete process.env.SLURM_CONF;
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}, 60_000);

/** Runs `compare` on the config's small form. */
async function compare(...more: string[]): Promise<string> {
  const small = ['epochs=1', 'seeds=[1]', 'limit={train: 64, test: 20}', 'launcher.pollSeconds=0.5'];
  const given = ['compare', config, '--out', join(folder, 'run'), '--engine', 'wasm', ...more];
  const set = small.flatMap((setting) => ['--set', setting]);
  const flags = ['--conditions=@overparam/source', '--import=tsx', join(root, 'scripts', 'cli.mjs')];
  const options = { cwd: root, maxBuffer: 1e8 };
  return (await promisify(execFile)(process.execPath, [...flags, ...given, ...set], options)).stdout;
}

test('all runs are one job array, whose tasks end in a table and a page', async () => {
  const table = await compare();
  expect(table).toMatch(/^Baseline +\d/m);
  expect(table).toMatch(/^RepVGG +\d/m);
  const out = join(folder, 'run');
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('RepVGG');
  const arrays = readdirSync(join(out, 'launched')).filter((name) => /^\d{3}-/.test(name));
  expect(arrays).toHaveLength(1);
  // What the config's block says, in Slurm's words.
  const script = readFileSync(join(out, 'launched', arrays[0]!, 'batch.sh'), 'utf8');
  const wanted = ['array=0-1%256', 'partition=cpu', 'cpus-per-task=1', 'mem=2048M', 'time=30', 'requeue'];
  for (const option of wanted) expect(script).toContain(`#SBATCH --${option}\n`);
  expect(readFileSync(join(out, 'launched', arrays[0]!, 'job'), 'utf8')).toMatch(/^\d+\n$/);
}, 300_000);
