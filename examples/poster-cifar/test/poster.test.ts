import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const runner = dirname(require.resolve('@overparam/runner/package.json'));
const config = fileURLToPath(new URL('../config.yaml', import.meta.url));

/** Runs the command line from source, as `npm start` does. */
function overparam(...given: string[]) {
  const command = [
    '--conditions=@overparam/source',
    '--import',
    'tsx',
    join(runner, 'src', 'cli.ts'),
    ...given,
  ];
  return spawnSync(process.execPath, command, {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  });
}

interface Printed {
  readonly rows: readonly {
    readonly label: string;
    readonly method: string;
    readonly routine: string;
    readonly kind: string;
    readonly epochs: number;
    readonly updates: number;
    readonly figures: {
      readonly class: {
        readonly top1Error: {
          readonly mean: number;
          readonly sd: number | null;
          readonly values: readonly number[];
        };
      };
    };
    readonly differences: { readonly class?: { readonly top1Error: { readonly interval: unknown } } };
    readonly trainParameters: number;
    readonly deployParameters: number;
    readonly secondsPerEpoch: number;
    readonly collapseGap: number;
  }[];
}

describe('the poster comparison in its smallest form', () => {
  let folder: string;
  let first: ReturnType<typeof overparam>;

  beforeAll(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'overparam-poster-')), 'comparison');
    first = overparam('compare', config, '--variant', 'smoke', '--out', folder, '--json');
  });
  afterAll(() => rmSync(dirname(folder), { recursive: true, force: true }));

  test('seven rows train, collapse to one deployed network and are compared', () => {
    expect(first.status, first.stderr).toBe(0);
    const { rows } = JSON.parse(first.stdout) as Printed;
    expect(rows.map(({ method, routine }) => `${method}/${routine}`)).toEqual([
      'plain/joint',
      'fnl/joint',
      'repvgg/joint',
      'trirep/joint',
      'trirep/alternating',
      'trirep/cyclic',
      'trirep/progressive',
    ]);
    expect(new Set(rows.map((row) => row.deployParameters)).size).toBe(1);
    for (const [index, row] of rows.entries()) {
      expect(row.collapseGap).toBeLessThan(1e-4);
      const { top1Error } = row.figures.class;
      expect(top1Error.values).toEqual([top1Error.mean]);
      expect(row.kind).toBe(index === 0 ? 'baseline' : 'row');
      if (index === 0) expect(row.differences).toEqual({});
      else expect(row.differences.class?.top1Error.interval).toBeNull();
      expect([row.epochs, row.updates]).toEqual([rows[0]!.epochs, rows[0]!.updates]);
      expect(row.secondsPerEpoch).toBeGreaterThan(0);
    }
    // A frame that whitens is not trained; all else is larger in training.
    const asLarge = rows.filter((row) => row.trainParameters === rows[0]!.trainParameters);
    expect(asLarge.map(({ label }) => label)).toEqual(['Baseline', 'TriRep 0 joint']);
    for (const row of rows) expect(row.trainParameters).toBeGreaterThanOrEqual(rows[0]!.trainParameters);
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
  });

  test('what is finished is not run again', () => {
    const metrics = join(folder, 'baseline-seed0', 'metrics.jsonl');
    const before = readFileSync(metrics, 'utf8');
    const again = overparam('compare', config, '--variant', 'smoke', '--out', folder, '--json', '--resume');
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr.match(/was done already/g)).toHaveLength(7);
    const figures = (text: string) =>
      (JSON.parse(text) as Printed).rows.map((row) => row.figures.class.top1Error);
    expect(figures(again.stdout)).toEqual(figures(first.stdout));
    expect(readFileSync(metrics, 'utf8')).toBe(before);
  });

  test("the poster's own form is a complete config, and asks for its data", () => {
    const empty = join(dirname(folder), 'no-data');
    const given = ['--variant', 'poster', '--out', join(dirname(folder), 'poster'), '--data-dir', empty];
    const { status, stderr } = overparam('compare', config, ...given);
    expect(status).toBe(2);
    expect(stderr).toMatch(/overparam data get cifar100/);
    expect(existsSync(join(dirname(folder), 'poster'))).toBe(false);
  });
});
