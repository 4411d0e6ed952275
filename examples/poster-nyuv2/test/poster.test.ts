import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const runner = dirname(createRequire(import.meta.url).resolve('@overparam/runner/package.json'));
const config = fileURLToPath(new URL('../config.yaml', import.meta.url));
const folder = join(mkdtempSync(join(tmpdir(), 'overparam-nyuv2-')), 'comparison');
afterAll(() => rmSync(dirname(folder), { recursive: true, force: true }));

interface Printed {
  readonly rows: readonly {
    readonly label: string;
    readonly kind: string;
    readonly figures: Readonly<Record<string, Readonly<Record<string, { readonly mean: number }>>>>;
    readonly improvements: Readonly<Record<string, { readonly mean: number }>>;
    readonly deployParameters: number;
    readonly deployMultiplyAdds: number;
    readonly collapseGap: number;
  }[];
}

test('seven rows and single-task references train, collapse to one deployed network and are compared', () => {
  const command = ['--conditions=@overparam/source', '--import', 'tsx', join(runner, 'src', 'cli.ts')];
  const given = ['compare', config, '--variant', 'smoke', '--engine', 'wasm', '--out', folder, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...given], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  });
  expect(status, stderr).toBe(0);
  const [references, ...rows] = (JSON.parse(stdout) as Printed).rows;
  expect(references).toMatchObject({ label: 'Single tasks', kind: 'reference', improvements: {} });
  expect(rows.map(({ label }) => label)).toEqual([
    'Baseline',
    'FNL',
    'RepVGG',
    'TriRep 0 joint',
    'TriRep 1 alternating',
    'TriRep 2 cyclic',
    'TriRep 3 progressive',
  ]);
  for (const row of rows) {
    const names = Object.entries(row.figures).map(([task, own]) => [task, Object.keys(own)]);
    expect(Object.fromEntries(names)).toEqual({
      segmentation: ['mIoU', 'pixelAccuracy'],
      depth: ['absoluteError', 'relativeError'],
      normals: ['meanAngle', 'medianAngle', 'within11.25', 'within22.5', 'within30'],
    });
    expect(Object.keys(row.figures)).toEqual(['segmentation', 'depth', 'normals']);
    expect(row.collapseGap).toBeLessThan(1e-4);
    expect(Number.isFinite(row.improvements.deltaM!.mean)).toBe(true);
    expect(row.improvements.deltaM!.mean).toBeCloseTo(-row.improvements.deltaMetric!.mean, 8);
  }
  expect(new Set(rows.map(({ deployParameters }) => deployParameters)).size).toBe(1);
  expect(new Set(rows.map(({ deployMultiplyAdds }) => deployMultiplyAdds)).size).toBe(1);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toContain('data:image/png;base64,');
  expect(page).not.toMatch(/(?:src|href)="https?:/);
  expect(existsSync(join(folder, 'baseline-seed0', 'final', 'panels', '0-normals-prediction.png'))).toBe(
    true,
  );
}, 400_000);
