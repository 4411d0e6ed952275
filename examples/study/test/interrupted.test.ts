import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { keptRuns } from '../src/kept-runs';
import { readRecords } from '../src/main';

const folder = mkdtempSync(join(tmpdir(), 'study-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = [
  'dataset=cifar100-sample',
  'limit={ train: 64, test: 16 }',
  'batch=2',
  'engine=wasm',
  'precision=float32',
  'epochs=1',
  'sweep.epochs=1',
];

/** Starts the part `forms-plain` on a few images; stops it, as Ctrl-C does, when it says something. */
function start(out: string, stopAt: RegExp): Promise<{ code: number | null; said: string }> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const places = ['--out', join(folder, out), '--docs', join(folder, 'docs')];
  const changes = small.flatMap((one) => ['--set', one]);
  const words = [
    '--conditions=@overparam/source',
    '--import',
    'tsx',
    main,
    'forms-plain',
    ...places,
    ...changes,
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  let isStopped = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    // A second one ends it at once, as usual.
    if (!isStopped && stopAt.test(said)) isStopped = child.kill('SIGINT');
  });
  return new Promise((ended) => child.on('exit', (code) => ended({ code, said })));
}

test('a part that was stopped is told as underway, and goes on in a folder that knows nothing of it', async () => {
  const first = await start('one', /\(2 of \d+\)/);
  expect(first.code, first.said).toBe(130);
  const [record] = readRecords(join(folder, 'docs'));
  expect(record!.underway!.runsDone).toBeGreaterThanOrEqual(2);
  expect(record!.set).toEqual(small);
  const kept = join(folder, 'docs', 'study', 'forms-plain.runs.jsonl.gz');
  const runs = keptRuns(kept);
  expect(runs.length).toBeGreaterThanOrEqual(2);
  const page = readFileSync(join(folder, 'docs', 'study.md'), 'utf8');
  expect(page).toMatch(/not whole yet, \d of \d+ runs are done, and so no answer/);
  expect(page).toContain('rates are being chosen');

  const second = await start('two', new RegExp(`\\(${runs.length + 1} of \\d+\\)`));
  expect(second.said).toContain(`${runs.length} finished runs are taken from`);
  const later = keptRuns(kept);
  expect(later.length).toBeGreaterThan(runs.length);
  // What was kept is as it was.
  for (const run of runs) expect(later).toContainEqual(run);
});
