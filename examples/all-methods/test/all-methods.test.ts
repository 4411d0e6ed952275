import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const runner = dirname(createRequire(import.meta.url).resolve('@overparam/runner/package.json'));
const folder = mkdtempSync(join(tmpdir(), 'overparam-all-methods-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const configOf = (name: string) => fileURLToPath(new URL(`../${name}.yaml`, import.meta.url));

/** Runs the command line from source, as `npm start` does. */
function overparam(...given: string[]) {
  const source = ['--conditions=@overparam/source', '--import', 'tsx', join(runner, 'src', 'cli.ts')];
  return spawnSync(process.execPath, [...source, ...given], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  });
}

interface Printed {
  readonly rows: readonly {
    readonly label: string;
    readonly method: string;
    readonly updates: number;
    readonly trainParameters: number;
    readonly deployParameters: number;
    readonly deployMultiplyAdds: number;
    readonly collapseGap: number;
  }[];
}

/** Labels of a config's rows. */
function labelsOf(name: string): string[] {
  const text = readFileSync(configOf(name), 'utf8');
  return [...text.matchAll(/^ {2}- label: (.+)$/gm)].map(([, label]) => label!);
}

test('every method has a row, and all rows train and collapse to one deployed network', () => {
  const out = join(folder, 'cifar');
  const given = ['--variant', 'smoke', '--engine', 'wasm', '--out', out, '--json'];
  const { status, stdout, stderr } = overparam('compare', configOf('cifar'), ...given);
  expect(status, stderr).toBe(0);
  const { rows } = JSON.parse(stdout) as Printed;
  const known = JSON.parse(overparam('list', 'methods', '--json').stdout) as { methods: { name: string }[] };
  expect(new Set(rows.map(({ method }) => method))).toEqual(new Set(known.methods.map(({ name }) => name)));
  expect(rows.map(({ label }) => label)).toEqual(labelsOf('cifar'));
  const [baseline, ...others] = rows;
  for (const row of rows) {
    expect(row.collapseGap, row.label).toBeLessThan(1e-4);
    expect(row.updates).toBe(baseline!.updates);
    expect(row.deployParameters, row.label).toBe(baseline!.deployParameters);
    expect(row.deployMultiplyAdds, row.label).toBe(baseline!.deployMultiplyAdds);
  }
  // Masks on gradients and a frame that whitens are not trained.
  const asLarge = others.filter((row) => row.trainParameters === baseline!.trainParameters);
  expect(asLarge.map(({ label }) => label)).toEqual(['SGS', 'TriRep 0 joint']);
  for (const row of others)
    expect(row.trainParameters, row.label).toBeGreaterThanOrEqual(baseline!.trainParameters);
  expect(existsSync(join(out, 'report.html'))).toBe(true);
}, 600_000);

test('both halves have the same rows', () => {
  expect(labelsOf('nyuv2')).toEqual(labelsOf('cifar'));
});
