import { expect, test } from 'vitest';
import { comparisonResult, renderPage } from '../../src';
import { sampleLarge } from '../support/sample-large';

test('a comparison of 200 epochs, 8 methods and 5 seeds is a page of less than 5 MB', () => {
  const { records, obtained } = sampleLarge();
  expect(records).toHaveLength(8);
  expect(records.flatMap(({ runs }) => runs.flatMap(({ curve }) => curve))).toHaveLength(8 * 5 * 200);
  const page = renderPage(records, comparisonResult(records, obtained));
  expect(Buffer.byteLength(page)).toBeLessThan(5e6);
});
