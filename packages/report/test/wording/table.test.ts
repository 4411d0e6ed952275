import { deltaM, improvementDefinitions } from '@overparam/mtl-heads';
import { describe, expect, test } from 'vitest';
import { comparisonResult, type Obtained, type RowRecord, renderTable } from '../../src';
import { choiceText } from '../../src/wording/choices';
import { tablesOf } from '../../src/wording/columns';
import { differenceText, losersText, standingNote, standingText } from '../../src/wording/differences';
import { fairnessText } from '../../src/wording/effort';
import { figureText, headingsOf } from '../../src/wording/figures';
import { improvementText, networksText } from '../../src/wording/notes';
import { gapText, secondsText, signed, spreadText } from '../../src/wording/numbers';
import { stacked } from '../../src/wording/stack';
import { figureOf, rowRecord, scores, seedRun } from '../support/records';
import { sampleComparison, sampleObtained } from '../support/sample-comparison';
import { sampleTasks, taskRun } from '../support/sample-tasks';

const definitions = Object.values(improvementDefinitions);

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
          { collapseGap: (seed + 1) * 1e-7, secondsPerEpoch: seed + 1, trainParameters: 77_850 },
        ),
      ),
      { epochs: 12, batch: 64, updates: 468, trainImages: 2500 },
    ),
  );
}

/** One task's rows with what is needed to print them. */
function one(seeds: number, records: readonly RowRecord[], change: Partial<Obtained> = {}) {
  return comparisonResult(records, { ...sampleObtained(seeds), ...change }, definitions);
}

/** The sample of three tasks, likewise. */
function three(seeds: number, change: (records: RowRecord[]) => RowRecord[] = (records) => records) {
  const { records, obtained } = sampleTasks(seeds);
  return comparisonResult(change(records), obtained, definitions);
}

const without = (kind: RowRecord['kind']) => (records: RowRecord[]) =>
  records.filter((row) => row.kind !== kind);

describe('figures', () => {
  test('are called what their metric says, with unit and direction', () => {
    expect(
      headingsOf([
        figureOf('segmentation', 'mIoU', '%', 'higher'),
        figureOf('depth', 'absoluteError', 'm', 'lower', { title: 'abs err' }),
        figureOf('depth', 'relativeError', '', 'lower', { title: 'rel err' }),
        figureOf('normals', 'meanAngle', '°', 'lower', { title: 'mean' }),
        figureOf('normals', 'within11.25', '%', 'higher', { title: '<11.25°' }),
        figureOf('age', 'absoluteError', 'years', 'lower'),
      ]),
    ).toEqual(['mIoU % ↑', 'abs err m ↓', 'rel err ↓', 'mean ° ↓', '<11.25° % ↑', 'absoluteError years ↓']);
  });

  test('whose headings would repeat name their task', () => {
    const topError = { title: 'top-1 error' };
    expect(
      headingsOf([
        figureOf('class', 'top1Error', '%', 'lower', topError),
        figureOf('parity', 'top1Error', '%', 'lower', topError),
        figureOf('parity', 'top5Error', '%', 'lower'),
      ]),
    ).toEqual(['class: top-1 error % ↓', 'parity: top-1 error % ↓', 'top5Error % ↓']);
  });

  test("have their metric's digits, or those that suit their unit", () => {
    const text = (unit: string, digits?: number) => figureText({ unit, ...(digits && { digits }) }, 1.23456);
    expect(['%', '°', 'm', ''].map((unit) => text(unit))).toEqual(['1.23 %', '1.23°', '1.2346 m', '1.2346']);
    expect([text('%', 1), text('m', 3)]).toEqual(['1.2 %', '1.235 m']);
    expect(figureText({ unit: '%' }, null)).toBe('-');
    expect(figureText({ unit: '%', digits: 0 }, 41.6)).toBe('42 %');
  });

  test('numbers as people read them', () => {
    expect([0, -0.001, 1.005, -2.5].map((value) => signed(value))).toEqual([
      '0.00',
      '0.00',
      '+1.00',
      '−2.50',
    ]);
    expect([0.123, 9.999, 45.67, 300].map(secondsText)).toEqual(['0.12 s', '10.00 s', '45.7 s', '5.0 min']);
    expect([null, 0, 2.14e-6].map(gapText)).toEqual(['-', '0', '2.1e-6']);
    expect(spreadText({ mean: 1, sd: 0.5, values: [0.5, 1.5] }, 2)).toBe('1.00 ± 0.50');
    expect(spreadText({ mean: 1, sd: null, values: [null, 1] }, 1)).toBe('1.0 (1 of 2 seeds)');
  });

  test("small differences keep their figure's digits", () => {
    const difference = {
      mean: -0.0123,
      interval: { low: -0.0144, high: -0.0102 },
      pValue: 0.01,
      standing: 'better',
    } as const;
    expect(differenceText(difference, 4)).toBe('−0.0123 [−0.0144, −0.0102]');
    expect(standingText({ mean: 0.0123, interval: null, pValue: null, standing: 'higher' }, 4)).toBe(
      'higher by 0.0123',
    );
    const standings = [-1.5, 0.25, 0].map((mean) =>
      standingText(
        { mean, interval: null, pValue: null, standing: mean < 0 ? 'lower' : mean > 0 ? 'higher' : 'equal' },
        2,
      ),
    );
    expect(standings).toEqual(['lower by 1.50', 'higher by 0.25', 'equal']);
    expect(standingText(undefined, 2)).toBe('-');
  });
});

describe('what differences show', () => {
  const noteOf = (seeds: number) => {
    const { records, obtained } = sampleComparison(seeds);
    return standingNote(comparisonResult(records, obtained));
  };

  test('many rows are compared at once, which widens each interval', () => {
    // Six rows beside the baseline: 1 - 0.05 / 6.
    expect(noteOf(3)).toContain(
      "intervals by Student's t that hold for all 6 rows together with 95 % (Bonferroni: each alone with 99.17 %)",
    );
    expect(noteOf(3)).toContain('does not show that there is no difference');
  });

  test('one seed and two decide nothing', () => {
    expect(noteOf(1)).toContain('One seed allows no interval');
    expect(noteOf(2)).toContain(
      '2 seeds leave their spread all but unknown, so no row is called better or worse',
    );
  });
});

describe('the printed comparison of one task', () => {
  test('has every row with its figures, and names those that lose', () => {
    const text = renderTable(one(3, rowsOf({ Baseline: [40, 42, 44], worse: [43, 45.1, 46.9] })));
    const lines = text.split('\n');
    expect(lines[0]).toBe('Test figures of the last epoch, after collapse');
    expect(lines[2]).toMatch(/^row +top-1 error % ↓ +difference \[95 %\] +vs baseline$/);
    expect(lines[4]).toMatch(/^Baseline +42\.00 ± 2\.00 +- +baseline$/);
    expect(lines[5]).toMatch(/^worse +45\.00 ± 1\.95 +\+3\.00 \[\+2\.75, \+3\.25\] +worse$/);
    expect(lines[7]).toBe('What the rows are and what they cost');
    expect(lines[11]).toMatch(/^Baseline +plain +joint +77,850 +800 +2\.0 M +2\.00 s +3\.0e-7$/);
    expect(lines[12]).toMatch(/^worse +fnl +joint /);
    expect(new Set(lines.slice(9, 13).map((line) => line.length)).size).toBe(1);
    expect(new Set(lines.slice(4, 6).map((line) => line.indexOf('±'))).size).toBe(1);
    expect(text).toContain('Behind the baseline: worse by 3.00.');
    expect(text).toContain('Undecided means that the interval holds zero');
    expect(text).toContain('while up to 2 runs shared the machine (2 cores)');
    expect(text).toContain('3 seeds (0, 1, 2); 12 epochs of batch 64 (468 gradient evaluations each)');
    expect(text).toContain('2,500 training images, 500 test images, 10 classes');
    expect(text).not.toContain('Projected');
    expect(text).not.toContain('improvement');
    expect(text).not.toContain('all tasks');
  });

  test('has a row that failed, with its reason below', () => {
    const [baseline, broken] = rowsOf({ Baseline: [40], broken: [] });
    const failed = { ...broken!, failures: [{ seed: '0', message: 'The loss became NaN at update 3.' }] };
    const text = renderTable(one(1, [baseline!, failed], { runsAtOnce: 1 }));
    expect(text).toMatch(/\nbroken +failed +-\n/);
    expect(text).toMatch(/\nbroken +fnl +joint +- +- +- +- +-\n/);
    expect(text).toContain('Failed: broken, seed 0: The loss became NaN at update 3.');
    expect(text).toContain('One seed allows no interval');
    expect(text).toContain('one run at a time');
    expect(text).not.toContain('difference [95 %]');
  });

  test('rows without names of their own need no columns for method and routine', () => {
    const rows = rowsOf({ Baseline: [40] }).map((row) => ({ ...row, label: 'plain/joint' }));
    const text = renderTable(one(1, rows));
    expect(text).toMatch(/\nplain\/joint +40\.00 +baseline\n/);
    expect(text).toMatch(/\nrow +trained +deployed/);
    expect(text).not.toContain('method');
  });

  test('without a baseline says so, and has no column for it', () => {
    const text = renderTable(one(2, rowsOf({ a: [1, 2], b: [2, 2] })));
    expect(text).toContain('No row is the baseline');
    expect(text).not.toContain('vs baseline');
  });

  test('shows the best epoch, references and an improvement', () => {
    const choices = (last: number, best: number) => ({
      last: scores({ class: { top1Error: last } }),
      meanOfLast: { epochs: 10, scores: scores({ class: { top1Error: last + 1 } }) },
      best: { epoch: 7, scores: scores({ class: { top1Error: best } }) },
    });
    const run = (last: number, best: number) => seedRun('0', {}, { choices: choices(last, best) });
    const records = [
      rowRecord('Baseline', 'plain', [run(40, 38)]),
      rowRecord('FNL', 'fnl', [run(41, 35.15)]),
      rowRecord('Single task: class', 'plain', [run(39, 37)], { kind: 'reference' }),
    ].map((row) => ({ ...row, evaluation: 'best' as const }));
    const result = one(1, records);
    const text = renderTable(result);
    const lines = text.split('\n');
    expect(lines[0]).toBe('Test figures of the epoch that is best on the held-out split val, as trained');
    expect(lines[2]).toMatch(/^row +top-1 error % ↓ +deltaM % ↓ +vs baseline$/);
    expect(lines[4]).toMatch(/^Single task: class +37\.00 +0 +-$/);
    expect(lines[5]).toMatch(/^Baseline +38\.00 +\+2\.70 +baseline$/);
    expect(lines[6]).toMatch(/^FNL +35\.15 +−5\.00 +lower by 2\.85$/);
    expect(text).toContain(
      'deltaM, in percent: mean relative loss over all figures, against the single-task',
    );
    expect(text).toContain(
      'Also in compare.json: the last epoch, after collapse; the mean over the last 10 epochs, as trained.',
    );
    expect(result.rows[2]!.choices.last).toEqual({ class: { top1Error: 41 } });
    expect(result.rows[2]!.improvements.deltaTask!.mean).toBeCloseTo(5, 10);
  });
});

describe('a wide table', () => {
  const column = (heading: string, group?: string) => ({ heading, numeric: true, cell: () => '1', group });
  const headings = (...columns: ReturnType<typeof column>[]) =>
    stacked({ caption: '', rows: [], columns: [column('row'), ...columns] }).map((part) =>
      part.map(({ heading }) => heading.trim()),
    );
  const wide = (name: string) => name.padEnd(50);

  test('goes on below itself with the names of its rows, as soon as it is wider than 110 columns', () => {
    // 3 + 2 + 50 + 2 + 50 + 2 + 1 = 110
    expect(headings(column(wide('a')), column(wide('b')), column('c'))).toEqual([['row', 'a', 'b', 'c']]);
    expect(headings(column(wide('a')), column(wide('b')), column('cc'))).toEqual([
      ['row', 'a', 'b'],
      ['row', 'cc'],
    ]);
  });

  test("keeps a task's columns together, and parts them only where they alone are too wide", () => {
    const of = (task: string) => [1, 2, 3].map((figure) => column(`${task}${figure}`.padEnd(20), task));
    expect(headings(...of('a'), ...of('b'))).toEqual([
      ['row', 'a1', 'a2', 'a3'],
      ['row', 'b1', 'b2', 'b3'],
    ]);
    const huge = ['x', 'y', 'z'].map((name) => column(wide(name), 'one'));
    expect(headings(...huge)).toEqual([
      ['row', 'x', 'y'],
      ['row', 'z'],
    ]);
    expect(headings(column(' '.repeat(200)))).toEqual([['row', '']]);
  });

  test('of the sample, with the longest labels that are usual, is never wider', () => {
    for (const result of [
      three(1),
      three(3),
      three(3, (all) => all.map((row) => ({ ...row, label: `${row.label} of seven` }))),
    ]) {
      const tables = renderTable(result)
        .split('\n')
        .filter((line) => /^-+( {2}-+)+$/.test(line));
      expect(tables.length).toBeGreaterThan(2);
      for (const rule of tables) expect(rule.length).toBeLessThanOrEqual(110);
    }
  });
});

describe('the printed comparison of several tasks', () => {
  test('has every row with its figures and what it costs, and lines of one length in each table', () => {
    const lines = renderTable(three(1)).split('\n');
    expect(lines[2]).toMatch(/^row +mIoU % ↑ +abs err m ↓ +mean ° ↓ +deltaM % ↓$/);
    expect(lines[4]).toMatch(/^Single tasks +40\.00 +0\.5000 +30\.00 +0$/);
    expect(lines[6]).toMatch(/^TriRep routed +44\.00 +0\.4500 +27\.00 +−10\.00$/);
    expect(new Set(lines.slice(2, 8).map((line) => line.length)).size).toBe(1);
    expect(lines[9]).toBe("Each task's headline figure against the baseline");
    expect(lines[11]).toMatch(/^row +segmentation: vs baseline +depth: vs baseline +normals: vs baseline$/);
    expect(lines[13]).toMatch(/^Baseline +baseline +baseline +baseline$/);
    expect(lines[14]).toMatch(/^TriRep routed +higher by 4\.00 +lower by 0\.0500 +lower by 3\.00$/);
    expect(lines[19]).toMatch(
      /^row +method +routine +trained +deployed +mult-adds +networks +time\/epoch +collapse gap$/,
    );
    expect(lines[23]).toMatch(/^TriRep routed +trirep +joint +1,000 +800 +2\.0 M +1 +2\.00 s +1\.0e-7$/);
    expect(new Set(lines.slice(19, 25).map((line) => line.length)).size).toBe(1);
    expect(lines.join('\n')).toContain('One seed allows no interval');
    expect(lines.join('\n')).toContain('500 test images, 2 classes of segmentation');
  });

  test('has means over the seeds, and differences with their intervals', () => {
    const text = renderTable(three(3));
    expect(text).toMatch(/\nSingle tasks +42\.00 ± 2\.00 +0\.5000 ± 0\.0000 +30\.00 ± 0\.00 +0\n/);
    expect(text).toMatch(/segmentation: difference \[95 %\] +segmentation: vs baseline/);
    expect(text).toMatch(/\nTriRep routed +\+4\.00 \[\+4\.00, \+4\.00\] +better\n/);
    expect(text).toMatch(/\nTriRep routed +−0\.0500 \[−0\.0500, −0\.0500\] +better\n/);
  });

  test('names those that lose, by task', () => {
    const result = three(1, (records) =>
      records.map((row) =>
        row.label === 'TriRep routed'
          ? {
              ...row,
              runs: [
                taskRun('0', {
                  segmentation: { mIoU: 38 },
                  depth: { absoluteError: 0.5125 },
                  normals: { meanAngle: 27 },
                }),
              ],
            }
          : row,
      ),
    );
    expect(losersText(result)).toBe(
      'Behind the baseline: segmentation: TriRep routed by 2.00; depth: TriRep routed by 0.0125.',
    );
  });

  test('shows the projected time of a longer run', () => {
    const { records, obtained } = sampleTasks(1);
    // 2 s an epoch of 24 images: 100 times the images, 200 times the epochs.
    const projection = { epochs: 200, images: 2400 };
    const result = comparisonResult(records, { ...obtained, projection }, definitions);
    const text = renderTable(result);
    expect(text).toMatch(/time\/epoch +projected +collapse gap\n/);
    expect(text).toMatch(/\nTriRep routed +trirep .* 2\.00 s +11\.1 hours +1\.0e-7\n/);
    expect(text).toContain(
      'Projected from the time per epoch, without evaluation, for 200 epochs of 2,400 images.',
    );
    expect(result.rows.map(({ projectedSeconds }) => projectedSeconds)).toEqual([
      120_000, 40_000, 40_000, 120_000,
    ]);
    expect(result.obtained.projection).toEqual(projection);
  });

  test('says which rows deploy a network for each task', () => {
    const result = three(1, without('reference'));
    expect(networksText(result)).toContain('Rows that deploy a network for each task: TriRep perTask (3);');
    expect(networksText({ ...result, rows: result.rows.slice(0, 2) })).toBe(
      'Every row deploys one network for all tasks.',
    );
  });

  test('of whose references one failed has no improvement, and says why', () => {
    const result = three(1, (records) =>
      records.map((row) =>
        row.label === 'Single task: depth'
          ? { ...row, runs: [], failures: [{ seed: '0', message: 'The loss became NaN.' }] }
          : row,
      ),
    );
    const change = tablesOf(result)[0]!.columns.at(-1)!;
    expect(change.heading).toBe('deltaM % ↓');
    expect(result.rows.map((row) => change.cell(row))).toEqual(['-', '-', '-', '-']);
    expect(improvementText(result)).toContain('did not all finish');
    expect(renderTable(result)).toContain('Failed: Single tasks, seed 0: The loss became NaN.');
  });

  test('a figure that a run lacks is no number', () => {
    const { records, obtained } = sampleTasks(1);
    const half = rowRecord('Half', 'plain', [taskRun('0', { segmentation: { mIoU: 40 } })]);
    const references = records.filter(({ kind }) => kind === 'reference');
    const result = comparisonResult([half, ...references], obtained, [deltaM]);
    expect(result.rows[1]!.improvements.deltaM!.mean).toBeNull();
    expect(improvementText(result)).toContain('a figure that it needs is missing');
    expect(renderTable(result)).toMatch(/\nHalf +40\.00 +- +- +-\n/);
  });
});

describe('whose figures they are', () => {
  test('how many epochs, and before or after the collapse', () => {
    const { rows } = three(1);
    expect(choiceText(rows)).toBe(
      'Figures are those of the last epoch, after collapse, on the test split. Also in compare.json: the mean over the last 2 epochs, as trained.',
    );
    const longer = rows.map((row, index) => ({
      ...row,
      evaluation: 'meanOfLast' as const,
      epochsOfMean: index === 0 ? null : 8 + (index % 2) * 2,
      choices: { ...row.choices, best: row.choices.last },
    }));
    expect(choiceText(longer)).toBe(
      'Figures are those of the mean over the last 8 and 10 epochs, as trained, on the test split. Also in compare.json: the last epoch, after collapse; the epoch that is best on the held-out split val, as trained.',
    );
  });

  test('each row says its own where rows chose differently', () => {
    const records = rowsOf({ Baseline: [40], FNL: [39] });
    const text = renderTable(one(1, [records[0]!, { ...records[1]!, evaluation: 'meanOfLast' }]));
    expect(text).toContain('Test figures, of an epoch that each row chose');
    expect(text).toMatch(/\nBaseline +last epoch, collapsed +40\.00/);
    expect(text).toMatch(/\nFNL +mean of last epochs +39\.00/);
    expect(text).toContain(
      'Figures are those of the last epoch, after collapse, on the test split; but of FNL those of the mean over the last 2 epochs, as trained.',
    );
  });
});

describe('what rows spend', () => {
  const equal = rowsOf({ Baseline: [40], FNL: [39], Tuned: [38] });
  const differing = equal.map((row, index) =>
    index === 2 ? { ...row, epochs: 6, batch: 32, updates: 468, trainImages: 2500 } : row,
  );

  test('is said once where it is the same, with the claim that it is', () => {
    const result = one(1, equal);
    const text = renderTable(result);
    expect(text).toContain('; 12 epochs of batch 64 (468 gradient evaluations each);');
    expect(text).toMatch(/\nrow +method +routine +trained /);
    expect(fairnessText(result.rows, [])).toContain('spend the same number of gradient evaluations');
  });

  test('is in columns of its own where it differs, and no claim is made', () => {
    const result = one(1, differing);
    const text = renderTable(result);
    expect(text).toMatch(/\nrow +method +routine +epochs +batch +trained /);
    expect(text).toMatch(/\nFNL +fnl +joint +12 +64 +77,850 /);
    expect(text).toMatch(/\nTuned +fnl +joint +6 +32 +77,850 /);
    expect(text).toContain(
      '; 12 epochs of batch 64 (468 gradient evaluations each); but Tuned: 6 epochs of batch 32 (468 gradient evaluations each);',
    );
    expect(fairnessText(result.rows, [])).not.toContain('same number');
    expect(fairnessText(result.rows, [])).toContain('They do not spend the same');
    expect(result.rows.map(({ epochs, batch, updates }) => [epochs, batch, updates])).toEqual([
      [12, 64, 468],
      [12, 64, 468],
      [6, 32, 468],
    ]);
  });

  test('names updates and images only where these differ', () => {
    const fewer = equal.map((row, index) =>
      index === 1 ? { ...row, trainImages: 1250, updates: 228 } : row,
    );
    const text = renderTable(one(1, fewer));
    expect(text).toMatch(/\nrow +method +routine +updates +images +trained /);
    expect(text).toMatch(/\nFNL +fnl +joint +228 +1,250 /);
    expect(text).toContain(
      '; but FNL: 12 epochs of batch 64 on 1,250 training images (228 gradient evaluations each)',
    );
    expect(text).toContain('on cifar100-sample, 500 test images');
  });
});
