import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ComparisonResult, RowSummary, Standing } from '@overparam/report';
import { readConfig, resolveComparison } from '@overparam/runner';
import { describe, expect, test, vi } from 'vitest';
import { secondsOf } from '../src/kept-runs';
import { closed, parts, readRecords, study } from '../src/main';
import { studyPage } from '../src/page';
import { recordOf, type StudyRecord } from '../src/records';
import { answerOf, firstParagraph, howRun, verdictOf } from '../src/sentences';

const folder = fileURLToPath(new URL('..', import.meta.url));
const metric = { task: 'class', name: 'top1Error', direction: 'lower', unit: '%' } as const;

function row(label: string, standing: Standing | null, seeds = ['1', '2', '3']): RowSummary {
  const difference = { mean: -1, interval: { low: -2, high: -0.1 }, pValue: 0.01, standing };
  return {
    label,
    kind: standing === null ? 'baseline' : 'row',
    seeds,
    epochs: 15,
    trainImages: 50_000,
    secondsPerEpoch: 10,
    figures: { class: { top1Error: { mean: 40, sd: 0.5 } } },
    differences: standing === null ? {} : { class: { top1Error: difference } },
  } as unknown as RowSummary;
}

/** Runs of 15 epochs of 10 s, as they are kept. */
function runs(count: number) {
  const lines = Array.from({ length: 15 }, (_, epoch) => ({ epoch, trainSeconds: 9, testSeconds: 1 }));
  const text = [...lines, { sha256: '0' }].map((line) => `${JSON.stringify(line)}\n`).join('');
  return Array.from({ length: count }, (_, run) => ({
    folder: `run-${run}`,
    files: { 'timings.jsonl': text },
  }));
}

function record(
  rows: readonly RowSummary[],
  part: Partial<Pick<StudyRecord, 'variant' | 'set' | 'underway'>> = {},
): StudyRecord {
  const chosen = {
    rows: rows.map(({ label }) => ({
      label,
      setting: { lr: 0.3 },
      tried: [0.1, 0.3].map((lr) => ({
        setting: { lr },
        epochs: 2,
        figures: { class: { top1Error: 50 + lr } },
      })),
    })),
    seeds: ['0'],
    validation: { share: 0.1, seed: '0' },
  };
  const obtained = {
    title: 'A part',
    metrics: [metric],
    seeds: ['1', '2', '3'],
    runsAtOnce: 2,
    cores: 2,
    engine: 'some engine',
    recipe: 'sgd',
  };
  return recordOf(
    { part: 'part', variant: null, set: [], underway: null, ...part },
    { rows, obtained, chosen } as unknown as ComparisonResult,
    runs(6),
  );
}

describe("the page's sentences follow from its table", () => {
  test('where nothing is shown to beat the plain network, the first paragraph says that', () => {
    const all = [record([row('Plain', null), row('One', 'worse'), row('Two', 'undecided')])];
    expect(firstParagraph(all)).toBe(
      'Nothing here is shown to beat a plain network whose learning rate was chosen with the same care. A part: nothing is shown to beat the plain network at its best rate; One is behind it; of Two these seeds decide nothing.',
    );
  });

  test('where something does, it is named, and so is what does not', () => {
    const all = [
      record([row('Plain', null), row('One', 'better'), row('Two', 'better'), row('Three', 'worse')]),
    ];
    expect(firstParagraph(all)).toBe(
      'One and Two beat a plain network whose learning rate was chosen with the same care, in at least one part. A part: One and Two beat the plain network at its best rate; Three is behind it.',
    );
  });

  test('too few seeds beat nothing, whatever their figures', () => {
    const few = row('One', 'better', ['1', '2']);
    expect(verdictOf(few, [metric])).toBe('unknown');
    expect(answerOf(record([row('Plain', null), few]))).toMatch(
      /nothing is shown to beat .*; for One there are too few seeds/,
    );
    expect(verdictOf(row('One', 'lower'), [metric])).toBe('unknown');
  });

  test('better in one figure and worse in another is neither', () => {
    const other = { ...metric, task: 'other' };
    const both = {
      ...row('One', 'better'),
      differences: { ...row('One', 'better').differences, other: row('One', 'worse').differences.class! },
    } as RowSummary;
    expect(verdictOf(both, [metric, other])).toBe('mixed');
  });

  test('it says seeds, rates, epochs, hours and machine', () => {
    const rows = [row('Plain', null), row('One', 'worse')];
    expect(secondsOf(runs(6))).toBe(900);
    expect(howRun(record(rows, { variant: 'small', set: ['precision=float32'] }))).toBe(
      'This is the variant "small", not the whole. With precision=float32 in place of the config\'s own. 15 epochs of 50000 images, seeds 1, 2, 3; of the rates 0.1, 0.3 each row\'s was chosen on 10 % of the training images in 2 epochs with seed 0. All runs together took 15.0 minutes of clock time one after the other, 2 at a time on 2 cores (some engine). Recipe: sgd.',
    );
  });

  test('a part that is underway answers nothing, whatever its rows show so far', () => {
    const rows = [row('Plain', null), row('One', 'better'), row('Two', 'better', ['1'])];
    const part = record(rows, { underway: { runsDone: 7, runs: 9 } });
    expect(firstParagraph([part])).toBe(
      'No part of this study has been run whole yet, so it says nothing. A part: not whole yet, 7 of 9 runs are done, and so no answer.',
    );
    const whole = record([row('Plain', null), row('One', 'worse')]);
    expect(firstParagraph([whole, part])).toMatch(/^Nothing here is shown to beat .* 7 of 9 runs are done/);
    const page = studyPage([part]);
    expect(page).toContain('The runs so far together took');
    expect(page).toMatch(/\| Two +\| 0\.3 +\| 40\.00 ± 0\.50 \| - +\|/);
  });

  test('the page shows what choosing saw, the chosen rate in bold', () => {
    expect(studyPage([record([row('Plain', null)])])).toContain(
      '| row   | 0.1   | 0.3       |\n| ----- | ----- | --------- |\n| Plain | 50.10 | **50.30** |',
    );
  });
});

test('the page in docs is the one that its records make', () => {
  const page = readFileSync(join(folder, '..', '..', 'docs', 'study.md'), 'utf8');
  expect(page).toBe(studyPage(readRecords(), closed));
});

test.each(Object.entries(closed))(
  'the part %s has decided: its record is there, and the commit that runs it is named',
  async (part, { commit, since }) => {
    const kept = readRecords().filter((each) => each.part === part);
    expect(kept).toHaveLength(1);
    expect(studyPage(kept, closed)).toContain(`${since} Commit ${commit} runs this part as it was.`);
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await study([part])).toBe(2);
    expect(said.mock.calls.join()).toContain(`commit ${commit} runs it again`);
    said.mockRestore();
  },
);

test.each(parts)('the config of the part %s is one', async (part) => {
  const { rows, sweep } = await resolveComparison(await readConfig(join(folder, `${part}.yaml`)), {
    overrides: [],
  });
  expect(rows[0]!.label).toBe('Plain');
  expect(sweep!.sweep.over.lr).toHaveLength(4);
  expect(sweep!.notes).toEqual([]);
});
