import { expect, test } from 'vitest';
import { comparisonResult, renderPage, renderRunPage } from '../../src';
import { expectWhole } from '../support/page';
import { sampleComparison } from '../support/sample-comparison';
import { sampleRun } from '../support/sample-run';

const first = [
  { update: 0, norms: { stem: 1, head: 4 }, ranks: { stem: 3 }, gains: { stem: 2 } },
  { update: 39, norms: { stem: 3, head: 4 }, gains: { stem: 4 } },
];
const second = [
  { update: 0, norms: { stem: 2 } },
  { update: 39, norms: { stem: 5 }, similarities: { stem: { 'a/b': 0.5, 'a/c': 0.1 } } },
];

test('what was recorded of layers is on the page of a comparison, by row, as means over the seeds', () => {
  const { records, obtained } = sampleComparison(2, 12);
  const result = comparisonResult(records, obtained, []);
  const layerRecords = [
    { label: 'Baseline', runs: [[], []] },
    { label: 'FNL', runs: [first, second] },
  ];
  const page = renderPage(records, result, { layerRecords });
  expectWhole(page);
  const section = page.slice(page.indexOf('id="h-layer-records"'), page.indexOf('id="h-collapse"'));
  // The stem begins at (1 + 2) / 2 and ends at (3 + 5) / 2.
  expect(section).toContain('<th scope="row">stem</th><td class="number" data-value="4">1.50 → 4.00</td>');
  expect(section).toContain('<th scope="row">head</th><td class="number" data-value="4">4.00 → 4.00</td>');
  expect(section).toContain('Norms of 2 layers');
  // Its gain is the mean of 2 and 4, in the one run that has gains.
  expect(section).toContain('<th scope="row">stem</th><td class="number" data-value="3">3.00</td>');
  expect(section).toContain('<td class="number" data-value="0.3">0.300 → 0.300</td>');
  expect(section).toContain('Means over the seeds.');
  expect(section).not.toContain('>Baseline<');
  expect(renderPage(records, result)).not.toContain('h-layer-records');
});

test('a run has its own, and one without records says nothing of them', () => {
  const report = sampleRun(12, 'finished');
  expect(renderRunPage({ ...report, layerRecords: first })).toContain('>1.00 → 3.00</td>');
  expect(renderRunPage(report)).not.toContain('h-layer-records');
});
