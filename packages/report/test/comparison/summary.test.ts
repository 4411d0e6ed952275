import { deltaHeadline, deltaM, deltaMetric } from '@overparam/mtl-heads';
import { describe, expect, test } from 'vitest';
import { comparisonResult, figureIn, type RowRecord, type RowSummary, summarise } from '../../src';
import { combinedReference, referenceFigures } from '../../src/comparison/references';
import { figureOf, rowRecord, scores, seedRun } from '../support/records';
import { sampleComparison, topError } from '../support/sample-comparison';
import { sampleTasks, taskRun } from '../support/sample-tasks';

const one = { metrics: [topError], projection: null };

/** Rows with given errors by seed; everything else is alike. */
function rowsOf(errors: Readonly<Record<string, readonly number[]>>): RowRecord[] {
  return Object.entries(errors).map(([label, values]) =>
    rowRecord(
      label,
      label === 'Baseline' ? 'plain' : 'fnl',
      values.map((top1Error, seed) =>
        seedRun(
          String(seed),
          { class: { top1Error } },
          { collapseGap: (seed + 1) * 1e-7, secondsPerEpoch: seed + 1 },
        ),
      ),
    ),
  );
}

const differenceOf = (row: RowSummary | undefined) => row?.differences.class?.top1Error;
const standingsOf = (rows: readonly RowSummary[]) => rows.map((row) => differenceOf(row)?.standing);

describe('differences to the baseline', () => {
  test('rows stand against the baseline by the interval of their paired difference', () => {
    const rows = summarise(
      rowsOf({
        Baseline: [40, 42, 44],
        // Differences -3, -2.9, -3.1: clearly better, though the errors overlap.
        better: [37, 39.1, 40.9],
        worse: [43, 45.1, 46.9],
        unclear: [39, 44, 43],
      }),
      one,
      [],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['baseline', 'row', 'row', 'row']);
    expect(standingsOf(rows)).toEqual([undefined, 'better', 'worse', 'undecided']);
    expect(rows[0]?.differences).toEqual({});
    expect(rows[0]?.figures.class?.top1Error).toEqual({ mean: 42, sd: 2, values: [40, 42, 44] });
    expect(rows[0]?.seeds).toEqual(['0', '1', '2']);
    // sd 0.1, standard error 0.1/sqrt(3); three rows at 95 %, so each at 98.333 %: p sqrt(2/(1 - p^2)) by the closed form of t(2)
    const each = 1 - 0.05 / 3;
    const t = each * Math.sqrt(2 / (1 - each ** 2));
    const difference = differenceOf(rows[1])!;
    expect(difference.mean).toBeCloseTo(-3, 10);
    expect(difference.interval?.low).toBeCloseTo(-3 - (t * 0.1) / Math.sqrt(3), 5);
    expect(difference.interval?.high).toBeCloseTo(-3 + (t * 0.1) / Math.sqrt(3), 5);
    expect(rows[0]?.collapseGap).toBe(3e-7);
    expect(rows[0]?.secondsPerEpoch).toBe(2);
  });

  test('where higher is better, more is better', () => {
    const figure = figureOf('class', 'top1Error', '%', 'higher');
    const rows = summarise(
      rowsOf({ Baseline: [40, 42, 44], less: [37, 39.1, 40.9], more: [43, 45.1, 46.9] }),
      { ...one, metrics: [figure] },
      [],
    );
    expect(standingsOf(rows)).toEqual([undefined, 'worse', 'better']);
  });

  test('one seed gives no interval and no verdict but its sign', () => {
    const rows = summarise(rowsOf({ Baseline: [40], lower: [38.5], higher: [40.25], equal: [40] }), one, []);
    expect(standingsOf(rows)).toEqual([undefined, 'lower', 'higher', 'equal']);
    expect(
      rows.every((row) => !differenceOf(row)?.interval && row.figures.class?.top1Error?.sd === null),
    ).toBe(true);
    expect(rows.slice(1).map((row) => differenceOf(row)?.mean)).toEqual([-1.5, 0.25, 0]);
  });

  test('a seed that failed in one row is left out of its pairs only', () => {
    const [, short] = summarise(rowsOf({ Baseline: [40, 42, 44], short: [41, 43] }), one, []);
    expect(differenceOf(short)).toEqual({
      mean: 1,
      interval: { low: 1, high: 1 },
      pValue: 0,
      standing: 'undecided',
    });
    const [, none] = summarise(rowsOf({ Baseline: [40, 42], none: [] }), one, []);
    expect(none).toMatchObject({
      trainParameters: null,
      collapseGap: null,
      secondsPerEpoch: null,
      seeds: [],
    });
    expect(differenceOf(none)).toEqual({ mean: null, interval: null, pValue: null, standing: 'unknown' });
    expect(none?.figures.class?.top1Error).toEqual({ mean: null, sd: null, values: [] });
  });

  test('without a baseline there are none', () => {
    const rows = summarise(rowsOf({ a: [1], b: [2] }), one, []);
    expect(rows.map(({ differences }) => differences)).toEqual([{}, {}]);
  });
});

describe('the references', () => {
  test('are means over the seeds, and one row with the costs of all', () => {
    const { records, obtained } = sampleTasks(3);
    // mIoU 40, 42, 44.
    const references = records.filter(({ kind }) => kind === 'reference');
    expect(referenceFigures(references, obtained.metrics)).toEqual({
      segmentation: { mIoU: 42 },
      depth: { absoluteError: 0.5 },
      normals: { meanAngle: 30 },
    });
    const [row] = summarise(records, obtained, [deltaM]);
    expect(row).toMatchObject({
      label: 'Single tasks',
      kind: 'reference',
      deployNetworks: 3,
      deployParameters: 2400,
      secondsPerEpoch: 6,
      updates: 12,
      improvements: {},
      differences: {},
    });
    expect(row!.figures.segmentation!.mIoU).toEqual({ mean: 42, sd: 2, values: [40, 42, 44] });
    expect(row!.choices.meanOfLast).toEqual({
      segmentation: { mIoU: 42 },
      depth: { absoluteError: 0.5 },
      normals: { meanAngle: 30 },
    });
  });

  test('of which one failed give no figures and no improvement', () => {
    const { records, obtained } = sampleTasks(1);
    const broken = records.map((row) =>
      row.label === 'Single task: depth'
        ? { ...row, runs: [], failures: [{ seed: '0', message: 'The loss became NaN.' }] }
        : row,
    );
    expect(
      referenceFigures(
        broken.filter(({ kind }) => kind === 'reference'),
        obtained.metrics,
      ),
    ).toBeNull();
    expect(combinedReference(broken)!.runs).toEqual([]);
    const rows = summarise(broken, obtained, [deltaM]);
    expect(rows).toHaveLength(4);
    expect(rows.every(({ improvements }) => Object.keys(improvements).length === 0)).toBe(true);
  });

  test('of one task keep their name, and give improvements too', () => {
    const records = [
      ...rowsOf({ Baseline: [40, 42], FNL: [36, 38] }),
      rowRecord(
        'Single task: class',
        'plain',
        [seedRun('0', { class: { top1Error: 39 } }), seedRun('1', { class: { top1Error: 41 } })],
        { kind: 'reference' },
      ),
    ];
    const [reference, , fnl] = summarise(records, one, [deltaM, deltaHeadline]);
    expect(reference).toMatchObject({ label: 'Single task: class', kind: 'reference' });
    // Against 40: 36 and 38 are losses of -10 and -5 percent.
    expect(fnl!.improvements.deltaM).toEqual({ mean: -7.5, sd: Math.sqrt(12.5), values: [-10, -5] });
    expect(fnl!.improvements.deltaHeadline!.mean).toBe(7.5);
  });
});

describe('summaries', () => {
  test('have means, deviations, paired differences and relative improvements of several tasks', () => {
    const { records, obtained } = sampleTasks(2);
    const rows = summarise(records, obtained, [deltaM, deltaMetric]);
    expect(rows.map(({ kind }) => kind)).toEqual(['reference', 'baseline', 'row', 'row']);
    const routed = rows[2]!;
    expect(routed.figures.segmentation!.mIoU).toMatchObject({ mean: 45, values: [44, 46] });
    expect(routed.figures.segmentation!.mIoU!.sd).toBeCloseTo(Math.SQRT2, 10);
    expect(routed.differences.segmentation!.mIoU).toEqual({
      mean: 4,
      interval: { low: 4, high: 4 },
      pValue: 0,
      // Two seeds decide nothing, though they agree.
      standing: 'undecided',
    });
    expect(routed.differences.depth!.absoluteError!.mean).toBeLessThan(0);
    // Against 41: losses of -3/41 and -5/41 in mIoU, of -0.05/0.5 and -3/30 in the others; a third of their sum.
    const { deltaM: found, deltaMetric: opposite } = routed.improvements;
    const expected = [-3 / 41, -5 / 41].map((loss) => (100 * (loss - 0.1 - 0.1)) / 3);
    for (const [seed, value] of expected.entries()) {
      expect(found!.values[seed]).toBeCloseTo(value, 10);
      expect(opposite!.values[seed]).toBeCloseTo(-value, 10);
    }
  });

  test('know no interval from one seed, and no figure where nothing finished', () => {
    const { records, obtained } = sampleTasks(1);
    const rows = summarise([records[0]!, rowRecord('Broken', 'trirep', [])], obtained, []);
    expect(rows[0]!.figures.depth!.absoluteError).toEqual({ mean: 0.5, sd: null, values: [0.5] });
    expect(rows[1]).toMatchObject({ deployNetworks: null, collapseGap: null, epochsOfMean: null });
    expect(rows[1]!.choices).toEqual({ last: null, meanOfLast: null, best: null });
    expect(rows[1]!.figures.depth!.absoluteError!.mean).toBeNull();
    expect(rows[1]!.differences.depth!.absoluteError).toMatchObject({ mean: null, interval: null });
  });

  test('show the figures of the epoch that a row chose, its own where rows differ', () => {
    const choices = {
      last: scores({ class: { top1Error: 40 } }),
      meanOfLast: { epochs: 10, scores: scores({ class: { top1Error: 41 } }) },
      best: { epoch: 7, scores: scores({ class: { top1Error: 38 } }) },
    };
    const run = seedRun('0', {}, { choices });
    const notHeld = seedRun('0', {}, { choices: { ...choices, best: null } });
    const shown = (['last', 'meanOfLast', 'best'] as const).map((evaluation) =>
      rowRecord(evaluation, 'fnl', [run], { evaluation }),
    );
    const rows = summarise([...shown, rowRecord('none', 'fnl', [notHeld], { evaluation: 'best' })], one, []);
    expect(rows.map(({ figures }) => figures.class!.top1Error!.mean)).toEqual([40, 41, 38, null]);
    expect(rows[0]!.choices).toEqual({
      last: { class: { top1Error: 40 } },
      meanOfLast: { class: { top1Error: 41 } },
      best: { class: { top1Error: 38 } },
    });
    expect(rows[3]!.choices.best).toBeNull();
    expect(rows[0]!.epochsOfMean).toBe(10);
  });

  test('a figure that was not counted is null, takes no part in means, and gives no improvement', () => {
    const { obtained } = sampleTasks(2);
    const figures = (absoluteError: number | null) => ({
      segmentation: { mIoU: 40 },
      depth: { absoluteError },
      normals: { meanAngle: 30 },
    });
    const records = [
      rowRecord('Baseline', 'plain', [taskRun('0', figures(0.5)), taskRun('1', figures(0.7))]),
      rowRecord('Half', 'trirep', [taskRun('0', figures(null)), taskRun('1', figures(0.6))]),
      rowRecord('Reference', 'plain', [taskRun('0', figures(0.6))], { kind: 'reference' }),
    ];
    const [, , half] = summarise(records, obtained, [deltaM]);
    expect(half!.figures.depth!.absoluteError).toEqual({ mean: 0.6, sd: null, values: [null, 0.6] });
    expect(half!.choices.last!.depth!.absoluteError).toBe(0.6);
    expect(half!.differences.depth!.absoluteError!.mean).toBeCloseTo(-0.1, 12);
    expect(half!.differences.depth!.absoluteError).toMatchObject({ interval: null, standing: 'lower' });
    expect(half!.improvements.deltaM!.values[0]).toBeNull();
    expect(half!.improvements.deltaM!.mean).toBeCloseTo(0, 12);
    // NaN that did not go through JSON is no figure either.
    const [row] = summarise([rowRecord('NaN', 'plain', [taskRun('0', figures(Number.NaN))])], obtained, []);
    expect(row!.figures.depth!.absoluteError).toEqual({ mean: null, sd: null, values: [null] });
  });

  test('figures of one name in two tasks, and of names that objects have, stay apart', () => {
    const metrics = [
      figureOf('a', 'b/c', '', 'lower'),
      figureOf('a/b', 'c', '', 'lower'),
      figureOf('constructor', '__proto__', '', 'lower'),
      figureOf('a', 'toString', '', 'lower'),
    ];
    const run = seedRun('0', {
      a: { 'b/c': 1 },
      'a/b': { c: 2 },
      constructor: JSON.parse('{"__proto__":3}'),
    });
    const [row] = summarise([rowRecord('Row', 'plain', [run])], { metrics, projection: null }, []);
    expect(metrics.map((figure) => figureIn(row!.figures, figure)?.values)).toEqual([[1], [2], [3], [null]]);
    expect(figureIn(row!.figures, { task: 'a', name: 'valueOf' })).toBeUndefined();
    expect(figureIn(row!.figures, { task: 'hasOwnProperty', name: 'c' })).toBeUndefined();
    expect(JSON.stringify(row!.figures)).toContain('"constructor":{"__proto__":{"mean":3');
  });

  test('the time of a longer run is projected by images and epochs, each row by its own', () => {
    const projection = { epochs: 200, images: 50_000 };
    const records = [
      rowRecord('All', 'plain', [seedRun('0', {}, { secondsPerEpoch: 1 })], { trainImages: 2500 }),
      rowRecord('Half', 'fnl', [seedRun('0', {}, { secondsPerEpoch: 1 })], { trainImages: 1250 }),
      rowRecord('Untimed', 'fnl', [seedRun('0', {}, { secondsPerEpoch: null })]),
    ];
    // 1 s an epoch of 2,500 images: 20 times the images, 200 times the epochs.
    expect(summarise(records, { ...one, projection }, []).map((row) => row.projectedSeconds)).toEqual([
      4000,
      8000,
      null,
    ]);
    expect(summarise(records, one, []).every((row) => row.projectedSeconds === null)).toBe(true);
  });
});

describe('JSON', () => {
  test('the object has the promised keys', () => {
    const { records, obtained } = sampleComparison(3);
    const result: ReturnType<typeof comparisonResult> = JSON.parse(
      JSON.stringify(comparisonResult(records, obtained, [])),
    );
    expect(result.obtained).toEqual(obtained);
    expect(result.rows).toHaveLength(7);
    for (const [index, row] of result.rows.entries()) {
      expect(Object.keys(row)).toEqual([
        'label',
        'method',
        'routine',
        'kind',
        'evaluation',
        'epochs',
        'batch',
        'updates',
        'trainImages',
        'seeds',
        'figures',
        'choices',
        'epochsOfMean',
        'improvements',
        'differences',
        'trainParameters',
        'deployParameters',
        'deployMultiplyAdds',
        'deployNetworks',
        'secondsPerEpoch',
        'projectedSeconds',
        'collapseGap',
        'failures',
      ]);
      expect(row).toMatchObject({
        method: records[index]?.method,
        routine: records[index]?.routine,
        kind: index === 0 ? 'baseline' : 'row',
        deployParameters: 77_434,
        epochs: 12,
        batch: 64,
        updates: 468,
      });
      const spread = row.figures.class!.top1Error!;
      expect(spread.values).toEqual(
        records[index]?.runs.map((run) => run.choices.last.byTask.class!.figures.top1Error),
      );
      expect(Object.keys(spread)).toEqual(['mean', 'sd', 'values']);
      if (index > 0) {
        expect(Object.keys(differenceOf(row)!)).toEqual(['mean', 'interval', 'pValue', 'standing']);
        expect(Object.keys(differenceOf(row)!.interval!)).toEqual(['low', 'high']);
      }
      for (const key of ['trainParameters', 'secondsPerEpoch', 'collapseGap'] as const)
        expect(row[key]).toBeGreaterThan(0);
    }
    expect(result.rows[0]?.differences).toEqual({});
    const alone = sampleComparison(1);
    const { rows } = comparisonResult(alone.records, alone.obtained, []);
    expect(rows.every((row) => !differenceOf(row)?.interval)).toBe(true);
  });
});
