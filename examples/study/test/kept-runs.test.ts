import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { finishedRuns, keepRuns, keptRuns, layRuns } from '../src/kept-runs';

const folder = mkdtempSync(join(tmpdir(), 'kept-runs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = join(folder, 'tiny.yaml');
writeFileSync(
  config,
  `label: Tiny
dataset: cifar100-sample
limit: { train: 32, test: 16 }
backbone: { name: resnet, depth: 8 }
engine: wasm
batch: 16
epochs: 1
rows: [{ label: Plain, method: plain }]
seeds: [1]
sweep: { over: { lr: [0.03, 0.1, 0.3] }, seeds: [0], validation: { share: 0.25, seed: 0 } }
`,
);

const runner = dirname(createRequire(import.meta.url).resolve('@overparam/runner/package.json'));

/** `overparam compare` from source, as `npm run study` runs it. */
function compare(of: string, out: string, ...given: string[]) {
  const cli = join(runner, 'src', 'cli.ts');
  const command = ['--conditions=@overparam/source', '--import', 'tsx', cli, 'compare', of, '--out', out];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  return spawnSync(process.execPath, [...command, '--json', ...given], { encoding: 'utf8', cwd });
}

test('runs that are kept without weights are finished runs elsewhere, and give the same record', () => {
  const first = join(folder, 'first');
  const trained = compare(config, first);
  expect(trained.status, trained.stderr).toBe(0);
  const file = join(folder, 'docs', 'tiny.runs.jsonl.gz');
  const runs = finishedRuns(first);
  expect(runs.length).toBeGreaterThanOrEqual(4);
  expect(existsSync(join(first, runs[0]!.folder, 'checkpoints'))).toBe(true);
  keepRuns(file, runs);

  const second = join(folder, 'second');
  expect(layRuns(second, keptRuns(file))).toBe(runs.length);
  expect(layRuns(second, keptRuns(file))).toBe(0);
  const again = compare(config, second, '--resume');
  expect(again.status, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toEqual(JSON.parse(trained.stdout));
  expect(finishedRuns(second)).toEqual(runs);
  // Nothing was trained again.
  for (const run of runs) expect(existsSync(join(second, run.folder, 'checkpoints'))).toBe(false);

  // A config that has changed since is refused, not passed off as this one's.
  const changed = join(folder, 'changed.yaml');
  writeFileSync(changed, readFileSync(config, 'utf8').replace('batch: 16', 'batch: 8'));
  const third = join(folder, 'third');
  layRuns(third, keptRuns(file));
  const refused = compare(changed, third, '--resume');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/other settings: batch/);
});

test('a run that has begun is left as it is', () => {
  const out = join(folder, 'fourth');
  const run = {
    folder: 'plain-seed1',
    files: { config: 'a: 1\n', 'config.yaml': 'a: 1\n', 'result.json': '{}' },
  };
  expect(layRuns(out, [run])).toBe(1);
  rmSync(join(out, 'plain-seed1', 'result.json'));
  expect(layRuns(out, [run])).toBe(0);
  expect(finishedRuns(out)).toEqual([]);
});
