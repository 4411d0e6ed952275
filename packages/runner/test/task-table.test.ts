import { describe, expect, test } from 'vitest';
import { combinedReference, referenceFigures } from '../src/compare/references';
import { summariseTasks } from '../src/compare/task-summary';
import {
  choiceText,
  headingsOf,
  improvementText,
  networksText,
  renderTaskTable,
  taskColumns,
} from '../src/compare/task-table';
import { figureOf, sampleTasks, taskRow, taskRun } from './sample-tasks';

/** Rows of the sample, with what is needed to print them. */
function summarised(seeds: number, change: Partial<ReturnType<typeof sampleTasks>['records']> = {}) {
  const { records, obtained } = sampleTasks(seeds);
  return { rows: summariseTasks({ ...records, ...change }, obtained), obtained };
}

/** References of which the second failed. */
function withFailure(seeds: number) {
  const [first, second, third] = sampleTasks(seeds).records.references;
  const failed = { ...second!, runs: [], failures: [{ seed: '0', message: 'The loss became NaN.' }] };
  return [first!, failed, third!];
}

describe('headings', () => {
  test("are those of published tables for this repository's figures only", () => {
    expect(
      headingsOf([
        figureOf('segmentation', 'mIoU', '%', 'higher'),
        figureOf('depth', 'absoluteError', 'm', 'lower'),
        figureOf('depth', 'relativeError', '', 'lower'),
        figureOf('normals', 'within11.25', '%', 'higher'),
        figureOf('normals', 'medianAngle', '°', 'lower'),
        figureOf('age', 'absoluteError', 'years', 'lower'),
      ]),
    ).toEqual(['mIoU % ↑', 'abs err m ↓', 'rel err ↓', '<11.25° % ↑', 'median ° ↓', 'absoluteError years ↓']);
  });

  test('that would repeat name their task', () => {
    expect(
      headingsOf([
        figureOf('class', 'top1Error', '%', 'lower'),
        figureOf('parity', 'top1Error', '%', 'lower'),
        figureOf('parity', 'top5Error', '%', 'lower'),
      ]),
    ).toEqual(['class: top-1 error % ↓', 'parity: top-1 error % ↓', 'top-5 error % ↓']);
  });
});

describe('the references', () => {
  test('are means over the seeds, and one row with the costs of all', () => {
    const { records, obtained } = sampleTasks(3);
    // mIoU 40, 42, 44.
    expect(referenceFigures(records.references, obtained.metrics)).toEqual({
      'segmentation/mIoU': 42,
      'depth/absoluteError': 0.5,
      'normals/meanAngle': 30,
    });
    const [row] = summariseTasks(records, obtained);
    expect(row).toMatchObject({
      label: 'Single tasks',
      kind: 'reference',
      deployNetworks: 3,
      deployParameters: 2400,
    });
    expect(row!.figures['segmentation/mIoU']).toEqual({ mean: 42, sd: 2, values: [40, 42, 44] });
    const text = renderTaskTable(summariseTasks(records, obtained), obtained);
    expect(text).toMatch(/\nSingle tasks +42\.00 ± 2\.00 +0\.5000 ± 0\.0000 +30\.00 ± 0\.00 +0 /);
  });

  test('of which one failed give no figures, no relative change and no improvement', () => {
    const references = withFailure(1);
    const { rows, obtained } = summarised(1, { references });
    expect(referenceFigures(references, obtained.metrics)).toBeNull();
    expect(combinedReference(references)!.runs).toEqual([]);
    expect(rows.every(({ improvements }) => Object.keys(improvements).length === 0)).toBe(true);
    const change = taskColumns(rows, obtained).figures.at(-1)!;
    expect(change.heading).toBe('deltaM % ↓');
    expect(rows.map((row) => change.cell(row))).toEqual(['-', '-', '-', '-']);
    expect(improvementText(rows, obtained)).toContain('did not all finish');
    expect(renderTaskTable(rows, obtained)).toContain('Failed: Single tasks, seed 0: The loss became NaN.');
  });
});

describe('summariseTasks', () => {
  test('gives means, deviations, paired differences and relative improvements', () => {
    const { rows } = summarised(2);
    expect(rows.map(({ kind }) => kind)).toEqual(['reference', 'baseline', 'row', 'row']);
    const routed = rows[2]!;
    expect(routed.figures['segmentation/mIoU']).toMatchObject({ mean: 45, values: [44, 46] });
    expect(routed.figures['segmentation/mIoU']!.sd).toBeCloseTo(Math.SQRT2, 10);
    expect(routed.differences['segmentation/mIoU']).toEqual({ mean: 4, low: 4, high: 4 });
    expect(rows[1]!.differences['segmentation/mIoU']).toBeNull();
    // Against 41: losses of -3/41 and -5/41 in mIoU, of -0.05/0.5 and -3/30 in the others; a third of their sum.
    const { deltaM } = routed.improvements;
    const expected = [-3 / 41, -5 / 41].map((loss) => (100 * (loss - 0.1 - 0.1)) / 3);
    for (const [seed, value] of expected.entries()) expect(deltaM!.values[seed]).toBeCloseTo(value, 10);
  });

  test('knows no interval from one seed, and no figure where nothing finished', () => {
    const { records, obtained } = sampleTasks(1);
    const rows = summariseTasks(
      { rows: [records.rows[0]!, taskRow('Broken', 'trirep', [])], references: [] },
      obtained,
    );
    expect(rows[0]!.figures['depth/absoluteError']).toEqual({ mean: 0.5, sd: null, values: [0.5] });
    expect(rows[1]).toMatchObject({ deployNetworks: null, collapseGap: null, epochsOfMean: null });
    expect(rows[1]!.figures['depth/absoluteError']!.mean).toBeNull();
    expect(Object.values(rows[1]!.differences)).toEqual([null, null, null]);
  });
});

describe('the printed table', () => {
  test('has every row with its figures and what it costs, and lines of one length', () => {
    const { rows, obtained } = summarised(1);
    const lines = renderTaskTable(rows, obtained).split('\n');
    expect(lines[0]).toMatch(
      /^row +mIoU % ↑ +abs err m ↓ +mean ° ↓ +deltaM % ↓ +trained +deployed +multiply-adds +networks +time\/epoch +collapse gap$/,
    );
    expect(lines[4]).toMatch(
      /^TriRep routed +44\.00 +0\.4500 +27\.00 +−10\.00 +1,000 +800 +2\.0 M +1 +2\.00 s +1\.0e-7$/,
    );
    expect(new Set(lines.slice(0, 6).map((line) => line.length)).size).toBe(1);
    expect(lines.join('\n')).toContain('One seed: there is no spread to judge by');
  });

  test('says which rows deploy a network for each task', () => {
    const { rows } = summarised(1, { references: [] });
    expect(networksText(rows)).toContain('Rows that deploy a network for each task: TriRep perTask (3);');
    expect(networksText(rows.slice(0, 2))).toBe('Every row deploys one network for all tasks.');
  });

  test('says whose figures it shows: how many epochs, and before or after the collapse', () => {
    const { rows, obtained } = summarised(1);
    expect(choiceText(rows, obtained)).toBe(
      'Figures are those of the last epoch, after collapse, on the test split. Also in compare.json: the mean over the last 2 epochs, as trained.',
    );
    const longer = rows.map((row, index) => ({
      ...row,
      epochsOfMean: index === 0 ? null : 8 + (index % 2) * 2,
      choices: { ...row.choices, best: row.choices.last },
    }));
    expect(choiceText(longer, { ...obtained, evaluation: 'meanOfLast' })).toBe(
      'Figures are those of the mean over the last 8 and 10 epochs, as trained, on the test split. Also in compare.json: the last epoch, after collapse; the epoch that is best on the held-out split val, as trained.',
    );
  });

  test('a figure that a run lacks is no number', () => {
    const { records, obtained } = sampleTasks(1);
    const rows = summariseTasks(
      {
        rows: [taskRow('Half', 'plain', [taskRun('0', { 'segmentation/mIoU': 40 })])],
        references: records.references,
      },
      obtained,
    );
    expect(rows[1]!.improvements.deltaM!.mean).toBeNull();
    expect(renderTaskTable(rows, obtained)).toMatch(/\nHalf +40\.00 +- +- +- +1,000 /);
  });
});
