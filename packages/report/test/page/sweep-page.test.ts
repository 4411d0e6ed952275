import { describe, expect, test } from 'vitest';
import { type Chosen, comparisonResult, renderPage, renderTable } from '../../src';
import { isLogarithmic, sweepPoints } from '../../src/drawing/sweep';
import { costOfChoosing, edgeText, howChosen } from '../../src/wording/chosen';
import { expectWhole, tagCounts } from '../support/page';
import { topError } from '../support/sample-comparison';
import { sampleSweep } from '../support/sample-sweep';

function resultOf(seeds: number, change: (chosen: Chosen) => Chosen = (chosen) => chosen) {
  const { records, obtained, chosen } = sampleSweep(seeds);
  return { records, result: comparisonResult(records, obtained, [], change(chosen)) };
}

describe('what was chosen, on the page', () => {
  test('is a section with figures for every row, their numbers, and what failed', async () => {
    const { records, result } = resultOf(3);
    const page = renderPage(records, result);
    expectWhole(page);
    const [, section = ''] = /<section aria-labelledby="h-sweep">([\s\S]*?)<\/section>/.exec(page) ?? [];
    // Drawn for a desk and for a phone, beside seven keys of the legend.
    expect(tagCounts(section).get('svg')).toBe(2 + 7);
    expect(section).toContain('validation top-1 error % over lr');
    expect(section).toMatch(/<desc [^>]*>[^<]*Baseline 0\.03: 62\.00, 0\.1: 52\.73, 0\.3: 50\.00;/);
    expect(section).toContain('RepVGG, lr 2.7: The loss became NaN at update 40.');
    expect(section).toContain('<summary>24 settings, in numbers</summary>');
    expect(section.match(/>chosen</g)).toHaveLength(7);
    expect(section).not.toContain('significant');
  });

  test('is not there where nothing was chosen', async () => {
    const { records, obtained } = sampleSweep(2);
    const result = comparisonResult(records, obtained);
    expect('chosen' in result).toBe(false);
    expect(renderPage(records, result)).not.toContain('h-sweep');
    expect(renderTable(result)).not.toContain('chosen for each row');
  });

  test('a point is the best of its value, among the longest runs', () => {
    const tried = [
      { setting: { lr: 1, a: 1 }, epochs: 1, rung: 0, figures: { class: { top1Error: 20 } }, failure: null },
      { setting: { lr: 1, a: 2 }, epochs: 1, rung: 0, figures: { class: { top1Error: 10 } }, failure: null },
      { setting: { lr: 1, a: 1 }, epochs: 3, rung: 1, figures: { class: { top1Error: 15 } }, failure: null },
      {
        setting: { lr: 0.5, a: 1 },
        epochs: 1,
        rung: 0,
        figures: { class: { top1Error: 30 } },
        failure: null,
      },
      {
        setting: { lr: 0.5, a: 2 },
        epochs: 1,
        rung: 0,
        figures: { class: { top1Error: 40 } },
        failure: null,
      },
      { setting: { lr: 4, a: 2 }, epochs: 1, rung: 0, figures: null, failure: 'NaN' },
      { setting: { lr: 'auto', a: 2 }, epochs: 1, rung: 0, figures: null, failure: null },
    ];
    expect(sweepPoints({ tried }, 'lr', topError)).toEqual([
      [0.5, 30],
      [1, 15],
    ]);
    expect(sweepPoints({ tried }, 'lr', { ...topError, direction: 'higher' })).toEqual([
      [0.5, 40],
      [1, 15],
    ]);
    expect(isLogarithmic([0.1, 0.3])).toBe(false);
    expect(isLogarithmic([0.03, 0.3])).toBe(true);
    expect(isLogarithmic([0, 1, 10])).toBe(false);
  });
});

describe('what was chosen, in words', () => {
  test('how, by what, and at what cost beside the runs that are compared', () => {
    const { result } = resultOf(3);
    expect(howChosen(result)).toMatch(
      /^lr was chosen for each row by a grid, on 10 % of the training images, .* with seed 7; .* The test split was not read while choosing\.$/,
    );
    // 24 runs of 140 updates, and 7 rows of 3 seeds and 468 updates.
    expect(costOfChoosing(result)).toBe(
      'Choosing cost 24 runs, 3,360 gradient evaluations and 2.7 hours, 0.3 times the gradient evaluations of the runs that are compared.',
    );
  });

  test('grids that grew, and choices that still lie on an edge', () => {
    const text = edgeText(resultOf(1).result);
    expect(text).toContain(
      'The grid grew, as the best lay on its edge: lr by 0.9 and 2.7 (RepVGG); lr by 0.9 (',
    );
    expect(text).toMatch(
      /Still on the edge .* may lie beyond: lr 0\.3, the highest \(Baseline and TriRep cyclic|.*\)/,
    );
    const inside = resultOf(1, (chosen) => ({
      ...chosen,
      rows: chosen.rows.map((row) => ({ ...row, edges: [], grown: [] })),
    }));
    expect(edgeText(inside.result)).toBe('');
  });

  test('a table has the setting, its figure and its cost; a row without a choice has none', () => {
    const { result } = resultOf(2, (chosen) => ({
      ...chosen,
      rows: chosen.rows.map((row, at) => (at === 1 ? { ...row, setting: null, figures: null } : row)),
    }));
    const lines = renderTable(result).split('\n');
    const table = lines.slice(lines.findIndex((line) => line.startsWith('What was chosen')));
    expect(table[2]).toMatch(/row +lr +validation top-1 error % ↓ +runs +updates +time/);
    expect(table[4]).toMatch(/Baseline +0\.3 +50\.00 +3 +420 +20\.0 min/);
    expect(table[5]).toMatch(/FNL +- +- +3/);
    expect(renderTable(result)).toContain('Failed while choosing, and so counted as worst: RepVGG, lr 2.7: ');
  });
});
