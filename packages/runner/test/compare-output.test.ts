import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ComparisonRow, comparisonResult, writeOutputs } from '../src/compare/output';
import type { RowRecord } from '../src/compare/record';
import { baselineIndex, summarise } from '../src/compare/summary';
import { renderTable } from '../src/compare/table';
import { gapText, secondsText, signed, standingText } from '../src/compare/wording';
import { sampleComparison } from './sample-comparison';

/** Rows with given errors by seed; everything else is alike. */
function rowsOf(errors: Readonly<Record<string, readonly number[]>>): RowRecord[] {
  const model = sampleComparison(1).rows[0]!.runs[0]!;
  return Object.entries(errors).map(([label, values]) => ({
    label,
    method: label === 'Baseline' ? 'plain' : 'fnl',
    routine: 'joint',
    runs: values.map((top1Error, seed) => ({
      ...model,
      seed: String(seed),
      top1Error,
      collapseGap: (seed + 1) * 1e-7,
      secondsPerEpoch: seed + 1,
    })),
    failures: [],
  }));
}

describe('summary', () => {
  test('rows stand against the baseline by the interval of their paired difference', () => {
    const rows = summarise(
      rowsOf({
        Baseline: [40, 42, 44],
        // Differences -3, -2.9, -3.1: clearly better, though the errors overlap.
        better: [37, 39.1, 40.9],
        worse: [43, 45.1, 46.9],
        unclear: [39, 44, 43],
      }),
    );
    expect(rows.map((row) => row.standing)).toEqual(['baseline', 'better', 'worse', 'undecided']);
    expect(rows[0]?.difference).toBeNull();
    expect(rows[0]?.top1Error).toEqual({ mean: 42, sd: 2, values: [40, 42, 44] });
    // sd 0.1, standard error 0.1/sqrt(3), t(2) = 4.30265
    const { difference } = rows[1]!;
    expect(difference?.mean).toBeCloseTo(-3, 10);
    expect(difference?.low).toBeCloseTo(-3 - (4.30265 * 0.1) / Math.sqrt(3), 5);
    expect(difference?.high).toBeCloseTo(-3 + (4.30265 * 0.1) / Math.sqrt(3), 5);
    expect(rows[0]?.collapseGap).toBe(3e-7);
    expect(rows[0]?.secondsPerEpoch).toBe(2);
  });

  test('one seed gives no interval and no verdict but its sign', () => {
    const rows = summarise(rowsOf({ Baseline: [40], lower: [38.5], higher: [40.25], equal: [40] }));
    expect(rows.map((row) => row.standing)).toEqual(['baseline', 'lower', 'higher', 'equal']);
    expect(rows.every((row) => row.difference === null && row.top1Error.sd === null)).toBe(true);
    expect(rows.map(standingText)).toEqual(['baseline', 'lower by 1.50', 'higher by 0.25', 'equal']);
  });

  test('a seed that failed in one row is left out of its pairs only', () => {
    const rows = rowsOf({ Baseline: [40, 42, 44], short: [41, 43] });
    const [, short] = summarise(rows);
    expect(short?.difference).toEqual({ mean: 1, low: 1, high: 1 });
    const [, none] = summarise(rowsOf({ Baseline: [40, 42], none: [] }));
    expect(none).toMatchObject({
      standing: 'unknown',
      difference: null,
      trainParameters: null,
      collapseGap: null,
    });
    expect(none?.top1Error).toEqual({ mean: null, sd: null, values: [] });
  });

  test('the baseline is the plain row, under the joint routine where there are several', () => {
    const row = (method: string, routine: string) => ({ method, routine });
    expect(baselineIndex([row('fnl', 'joint'), row('plain', 'cyclic'), row('plain', 'joint')])).toBe(2);
    expect(baselineIndex([row('fnl', 'joint'), row('plain', 'cyclic')])).toBe(1);
    expect(baselineIndex([row('fnl', 'joint')])).toBe(-1);
    expect(summarise(rowsOf({ a: [1], b: [2] })).map(({ standing }) => standing)).toEqual([
      'unknown',
      'unknown',
    ]);
  });
});

describe('table', () => {
  test('every row has its figures, and losing rows are named', () => {
    const { obtained } = sampleComparison(3);
    const text = renderTable(
      summarise(rowsOf({ Baseline: [40, 42, 44], worse: [43, 45.1, 46.9] })),
      obtained,
    );
    const lines = text.split('\n');
    expect(lines[2]).toMatch(
      /^Baseline +plain +joint +42\.00 ± 2\.00 +- +baseline +77,850 +77,434 +2\.00 s +3\.0e-7$/,
    );
    expect(lines[3]).toMatch(/^worse +fnl +joint +45\.00 ± 1\.95 +\+3\.00 \[\+2\.75, \+3\.25\] +worse /);
    expect(new Set(lines.slice(0, 4).map((line) => line.length)).size).toBe(1);
    expect(text).toContain('Behind the baseline: worse by 3.00.');
    expect(text).toContain('while up to 2 runs shared the machine (2 cores)');
    expect(text).toContain('3 seeds (0, 1, 2); 12 epochs of batch 64 (468 gradient evaluations each)');
    expect(text).toContain('2,500 training images, 500 test images, 10 classes');
  });

  test('a row that failed is in the table, with its reason below', () => {
    const rows = rowsOf({ Baseline: [40], broken: [] });
    const failed = { ...rows[1]!, failures: [{ seed: '0', message: 'The loss became NaN at update 3.' }] };
    const text = renderTable(summarise([rows[0]!, failed]), {
      ...sampleComparison(1).obtained,
      runsAtOnce: 1,
    });
    expect(text).toMatch(/\nbroken +fnl +joint +failed +- +- +- +- +- +-\n/);
    expect(text).toContain('Failed: broken, seed 0: The loss became NaN at update 3.');
    expect(text).toContain('One seed allows no interval');
    expect(text).toContain('one run at a time');
  });

  test('the time of a longer run is projected by images and epochs', () => {
    const { obtained } = sampleComparison(1);
    const rows = summarise(rowsOf({ Baseline: [40] }));
    const projection = { epochs: 200, images: 50_000 };
    // 1 s an epoch of 2,500 images: 20 times the images, 200 times the epochs.
    expect(renderTable(rows, { ...obtained, projection })).toContain(
      'for 200 epochs of 50,000 images: Baseline 1.1 hours.',
    );
    expect(renderTable(rows, obtained)).not.toContain('Projected');
  });

  test('rows without names of their own need no column for them', () => {
    const rows = rowsOf({ Baseline: [40] }).map((row) => ({ ...row, label: 'plain/joint' }));
    const { obtained } = sampleComparison(1);
    expect(renderTable(summarise(rows), obtained).split('\n')[0]).toMatch(/^method +routine/);
  });

  test('numbers as people read them', () => {
    expect([0, -0.001, 1.005, -2.5].map(signed)).toEqual(['0.00', '0.00', '+1.00', '−2.50']);
    expect([0.123, 9.999, 45.67, 300].map(secondsText)).toEqual(['0.12 s', '10.00 s', '45.7 s', '5.0 min']);
    expect([null, 0, 2.14e-6].map(gapText)).toEqual(['-', '0', '2.1e-6']);
  });
});

describe('JSON', () => {
  test('the printed object has the promised keys', () => {
    const { rows, obtained } = sampleComparison(3);
    const result = JSON.parse(JSON.stringify(comparisonResult({ rows, references: [] }, obtained))) as {
      rows: ComparisonRow[];
    };
    expect(result.rows).toHaveLength(7);
    for (const [index, row] of result.rows.entries()) {
      expect(row).toMatchObject({
        method: rows[index]?.method,
        routine: rows[index]?.routine,
        deployParameters: 77_434,
      });
      expect(row.top1Error.values).toEqual(rows[index]?.runs.map((run) => run.top1Error));
      expect(Object.keys(row.top1Error)).toEqual(['mean', 'sd', 'values']);
      if (index > 0) expect(Object.keys(row.difference!)).toEqual(['mean', 'low', 'high']);
      for (const key of ['trainParameters', 'secondsPerEpoch', 'collapseGap'] as const)
        expect(row[key]).toBeGreaterThan(0);
    }
    expect(result.rows[0]?.difference).toBeNull();
    const [single, about] = one();
    const alone = comparisonResult({ rows: single, references: [] }, about).rows as ComparisonRow[];
    expect(alone.every((row) => row.difference === null)).toBe(true);
  });

  test('compare.json holds every epoch of every run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'overparam-output-'));
    try {
      const { rows, obtained } = sampleComparison(2);
      const page = await writeOutputs(folder, { rows, references: [] }, obtained, []);
      expect(page).toBe(join(folder, 'report.html'));
      const data = JSON.parse(await readFile(join(folder, 'compare.json'), 'utf8')) as {
        rows: { runs: RowRecord['runs'] }[];
      };
      expect(data.rows.map((row) => row.runs)).toEqual(rows.map((row) => row.runs));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function one(): [RowRecord[], ReturnType<typeof sampleComparison>['obtained']] {
  const { rows, obtained } = sampleComparison(1);
  return [rows, obtained];
}
