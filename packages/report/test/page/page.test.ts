import { improvementDefinitions } from '@overparam/mtl-heads';
import { describe, expect, test } from 'vitest';
import { comparisonResult, type Obtained, type RowRecord, renderPage } from '../../src';
import { barDrawing } from '../../src/drawing/bars';
import { colourOf, rowStyles } from '../../src/drawing/colours';
import { bandOfRow } from '../../src/drawing/curve-data';
import { curveGroups, curveRows, stageBoundaries } from '../../src/page/curves';
import { leads } from '../../src/wording/leads';
import { expectWhole, pageData, tagCounts } from '../support/page';
import { figureOf, rowRecord, scores, seedRun } from '../support/records';
import { sampleComparison, topError } from '../support/sample-comparison';
import { sampleTasks } from '../support/sample-tasks';

const definitions = Object.values(improvementDefinitions);

function pageOf(records: readonly RowRecord[], obtained: Obtained): string {
  return renderPage(records, comparisonResult(records, obtained, definitions));
}

/** Contrast of two colours by WCAG 2.1, between 1 and 21. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe('the page of one task', () => {
  test('is one well-formed page that loads nothing', async () => {
    const { records, obtained } = sampleComparison(3);
    const page = pageOf(records, obtained);
    const counts = tagCounts(page);
    // Errors, differences, two curves and costs, each drawn for a desk and for a phone; and seven keys of the legend.
    expect(counts.get('svg')).toBe(10 + 7);
    expect(counts.get('desc')).toBe(10);
    // Its data, and what makes it one to explore.
    expect(counts.get('script')).toBe(2);
    expect(counts.has('link')).toBe(false);
    expect(counts.has('img')).toBe(false);
    expectWhole(page);
    expect(page).toContain('<h2 id="h-headline">Top-1 error</h2>');
    expect(page).toContain('<h2 id="h-differences">Difference to the baseline</h2>');
  });

  test('can be read by keyboard and without the drawings', async () => {
    const { records, obtained } = sampleComparison(2);
    const page = pageOf(records, obtained);
    const regions = [
      ...page.matchAll(/<div class="scroll" role="region" aria-label="([^"]+)" tabindex="0">/g),
    ];
    expect(regions.length).toBe(tagCounts(page).get('table'));
    expect(regions.every(([, name]) => name !== '')).toBe(true);
    for (const row of records) expect(page).toMatch(new RegExp(`<desc [^>]*>[^<]*${row.label} \\d`));
  });

  test('shows every row with its figures, in the drawing and in the tables', async () => {
    const { records, obtained } = sampleComparison(1);
    const page = pageOf(records, obtained);
    for (const row of records) {
      const error = row.runs[0]!.choices.last.byTask.class!.figures.top1Error!.toFixed(2);
      expect(page.split(`>${error}</text>`).length - 1).toBe(2);
      expect(page).toContain(`<th scope="row">${row.label}</th><td class="number">${error}</td><td`);
      expect(page).toContain(
        `<th scope="row">${row.label}</th><td>${row.method}</td><td>${row.routine}</td>`,
      );
    }
    expect(page).toMatch(/<td class="behind">higher by \d/);
    expect(page).toMatch(/<td class="ahead">lower by \d/);
    expect(page).toContain('One seed decides nothing.');
    expect(page).not.toContain('Difference to the baseline');
  });

  test('shows the best epoch, references and an improvement', async () => {
    const { records, obtained } = sampleComparison(2);
    const best = records.map(
      (row): RowRecord => ({
        ...row,
        evaluation: 'best',
        runs: row.runs.map((run) => ({
          ...run,
          choices: { ...run.choices, best: { epoch: 5, scores: scores({ class: { top1Error: 33.33 } }) } },
        })),
      }),
    );
    const single = { ...best[0]!, label: 'Single task: class', kind: 'reference' as const };
    const page = pageOf([...best, single], {
      ...obtained,
      projection: { epochs: 200, images: 50_000 },
    });
    expectWhole(page);
    expect(page).toContain(
      '<caption>Test figures of the epoch that is best on the held-out split val, as trained</caption>',
    );
    expect(page).toContain('<caption>By the last epoch, after collapse</caption>');
    expect(page).toMatch(
      /<th scope="row">FNL<\/th><td class="number">33\.33 ± 0\.00<\/td><td class="number">0\.00/,
    );
    expect(page).toMatch(
      /<th scope="row">Single task: class<\/th><td class="number">33\.33 ± 0\.00<\/td><td class="number">0</,
    );
    expect(page).toContain('deltaM % ↓');
    expect(page).toContain('mean relative loss over all figures');
    expect(page).toContain('Figures of the network as it was trained');
    expect(page).toContain('<th scope="col" class="number">projected</th>');
    // 2.1 s an epoch: 20 times the images, 200 times the epochs.
    expect(page).toMatch(/<td class="number" data-value="8400(?:\.\d+)?">2\.3 hours<\/td>/);
  });

  test('claims equal effort only where it is equal', async () => {
    const { records, obtained } = sampleComparison(1);
    const claim = 'spend the same number of gradient evaluations';
    expect(pageOf(records, obtained)).toContain(claim);
    const tuned = records.map((row, index) => (index === 1 ? { ...row, epochs: 24, updates: 936 } : row));
    const page = pageOf(tuned, { ...obtained, recipeDifferences: ['FNL: epochs'] });
    expect(page).not.toContain(claim);
    expect(page).toContain('They do not spend the same');
    expect(page).toContain('FNL: 24 epochs of batch 64 (936 gradient evaluations each)');
    expect(page).toContain(
      '<th scope="col" class="number">epochs</th><th scope="col" class="number">updates</th>',
    );
    expect(page).toContain('<td>fnl</td><td>joint</td><td class="number">24</td><td class="number">936</td>');
    expect(page).toContain('<dt>Departures</dt><dd>FNL: epochs</dd>');
  });

  test('text from configs and errors stays text', async () => {
    const { records, obtained } = sampleComparison(2);
    const hostile = '<script>alert("1")</script>&\'';
    const changed = records.map((row, index) =>
      index === 1 ? { ...row, label: hostile, failures: [{ seed: '9', message: hostile }] } : row,
    );
    const page = pageOf(changed, { ...obtained, title: hostile, provenance: hostile });
    expect(tagCounts(page).get('script')).toBe(2);
    expect(page).not.toContain('<script>alert');
    expect(JSON.stringify(pageData(page))).toContain('<script>alert');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    expect(page).toContain('Not every run finished');
  });

  test('rows without a run and comparisons without a baseline still make a page', async () => {
    const { records, obtained } = sampleComparison(1);
    const empty = records.map((row) => ({ ...row, runs: [], failures: [{ seed: '0', message: 'broken' }] }));
    expect(tagCounts(pageOf(empty, obtained)).get('li')).toBe(7);
    expect(pageOf(records.slice(1), obtained)).toContain('No baseline finished');
  });

  test('a figure that is not there has no bar', async () => {
    const paths = (mean: number | null) => {
      const bars = [0.5, mean].map((own, index) => ({
        label: `Row ${index}`,
        text: String(own),
        mean: own,
        sd: null,
        values: [own],
      }));
      const form = { baseline: null, name: 'gain', form: 'wide' } as const;
      return (
        barDrawing(bars, rowStyles(2, 0), form, { width: 400, height: 120 }).split('class="bar"').length - 1
      );
    };
    expect([paths(0.25), paths(0), paths(null)]).toEqual([2, 2, 1]);
  });

  test('a regression and figures below zero are drawn too', async () => {
    const gain = figureOf('age', 'gain', '', 'higher');
    const records = [-0.5, 0.25].map((value, index) =>
      rowRecord(`Row ${index}`, index === 0 ? 'plain' : 'fnl', [seedRun('0', { age: { gain: value } })]),
    );
    const page = pageOf(records, {
      ...sampleComparison(1).obtained,
      metrics: [gain],
      classNames: {},
      provenance: 'made up',
    });
    expectWhole(page);
    expect(page.split('>-0.5000</text>').length - 1).toBe(2);
    expect(page).not.toMatch(/\d classes/);
    // The axis has numbers on both sides of zero.
    expect(page).toMatch(/>−0\.[2-6]\d*<\/text>/);
  });

  test('a metric that is called loss or epoch is drawn as itself', async () => {
    const metrics = [figureOf('class', 'loss', '%', 'lower'), figureOf('class', 'epoch', '', 'higher')];
    const run = seedRun('0', { class: { loss: 77.77, epoch: 55.5 } });
    const records = [rowRecord('Baseline', 'plain', [run])];
    const page = pageOf(records, { ...sampleComparison(1).obtained, metrics });
    expect(page.split('>77.77</text>').length - 1).toBe(2);
    expect(page).toContain('<td class="number">77.77</td><td class="number">55.5000</td>');
  });
});

describe('what the first sentences claim', () => {
  const errors = (values: Readonly<Record<string, readonly number[]>>, seeds: number) => {
    const records = Object.entries(values).map(([label, own]) =>
      rowRecord(
        label,
        label === 'Baseline' ? 'plain' : 'fnl',
        own.map((top1Error, seed) => seedRun(String(seed), { class: { top1Error } })),
      ),
    );
    return leads(comparisonResult(records, sampleComparison(seeds).obtained, []));
  };

  test('with one seed, no more than what it showed', () => {
    expect(errors({ Baseline: [40], A: [38], B: [39], C: [41.25] }, 1)).toEqual([
      'Baseline: top-1 error 40.00 %. Ahead with this one seed: A and B.',
      'Behind the baseline: C by 1.25. One seed decides nothing.',
    ]);
    expect(errors({ Baseline: [40], C: [41.25] }, 1)[0]).toContain('No row was ahead with this one seed.');
  });

  test('with several, who is better by more than chance, who lost and who is undecided', () => {
    const baseline = [40, 42, 44];
    expect(
      errors({ Baseline: baseline, A: [37, 39.1, 40.9], B: [43, 45.1, 46.9], C: [39, 44, 43] }, 3),
    ).toEqual([
      'Baseline: top-1 error 42.00 %. Better by more than chance: A.',
      'Behind the baseline: B by 3.00. Undecided: C.',
    ]);
    // Of a row with one common seed nothing is sure.
    expect(errors({ Baseline: baseline, A: [30] }, 3)).toEqual([
      'Baseline: top-1 error 42.00 %. No row was better by more than chance. Ahead with only one seed: A.',
    ]);
  });
});

test('with several tasks the first sentences name the task of each claim', () => {
  const { records, obtained } = sampleTasks(3);
  expect(leads(comparisonResult(records, obtained, []))).toEqual([
    'Baseline: segmentation mIoU 42.00 %, depth abs err 0.5000 m, normals mean 30.00°. Better by more than chance: segmentation: TriRep routed and TriRep perTask; depth: TriRep routed; normals: TriRep routed.',
    'Undecided: segmentation: none; depth: TriRep perTask; normals: TriRep perTask.',
  ]);
});

describe('curves', () => {
  test('are means over the seeds that logged an epoch', () => {
    const { records } = sampleComparison(2, 4);
    const [first, second] = records[0]!.runs;
    const shortened = { ...second!, curve: second!.curve.slice(0, 2) };
    const rows = curveRows([{ ...records[0]!, runs: [first!, shortened] }], [topError]);
    const [tests, losses] = curveGroups(rows, [topError]);
    const errorOf = (run: typeof first, at: number) => run!.curve[at]!.test.byTask.class!.figures.top1Error!;
    const band = bandOfRow(rows[0]!, tests!.curves[0]!.column);
    expect(band.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    const [a, b] = [errorOf(first, 0), errorOf(second, 0)];
    // Numbers are held with seven digits.
    expect(band[0]?.mean).toBeCloseTo((a + b) / 2, 4);
    expect(band[0]?.sd).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 4);
    expect(band[3]?.mean).toBeCloseTo(errorOf(first, 3), 4);
    expect(band[3]?.sd).toBe(null);
    expect(losses!.curves[0]!.title).toBe('training loss');
    expect(bandOfRow(rows[0]!, losses!.curves[0]!.column)).toHaveLength(4);
  });

  test('have their numbers in tables of some fifty lines at most, with the last epoch', async () => {
    const { records, obtained } = sampleComparison(1, 201);
    const page = pageOf(records, obtained);
    const table = page.split(
      '<caption>training loss by epoch; every epoch is in the data of this page</caption>',
    )[1]!;
    const lines = table.split('</table>')[0]!.matchAll(/<th scope="row" class="number">(\d+)</g);
    const shown = [...lines].map(([, epoch]) => Number(epoch));
    expect(shown).toHaveLength(41);
    expect(shown.at(-1)).toBe(201);
    expect(shown[1]! - shown[0]!).toBe(5);
  });

  test('rows that change stage together share a boundary', () => {
    const { records } = sampleComparison(2, 10);
    const boundaries = stageBoundaries([...records, records[6]!]);
    expect(boundaries).toEqual([
      { stage: 'expanded', epoch: 3, rows: [6, 7] },
      { stage: 'collapsed', epoch: 8.5, rows: [6, 7] },
    ]);
  });
});

describe('colours', () => {
  test('are unique, and stand out on light and on dark ground', () => {
    const colours = Object.values(colourOf);
    expect(new Set(colours.map(({ light }) => light)).size).toBe(colours.length);
    for (const { className } of rowStyles(9, 0)) {
      const colour = colourOf[className]!;
      expect(contrast(colour.light, '#ffffff')).toBeGreaterThan(3);
      expect(contrast(colour.dark, '#14181f')).toBeGreaterThan(3);
    }
    const drawn = rowStyles(17, 0).map(({ className, dash }) => `${className} ${dash.join()}`);
    expect(new Set(drawn).size).toBe(17);
  });
});
