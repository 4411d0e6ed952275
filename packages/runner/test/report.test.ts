import { describe, expect, test } from 'vitest';
import { everyColour, rowStyles } from '../src/report/colours';
import { meanCurve, stageBoundaries } from '../src/report/curves';
import { renderPage } from '../src/report/page';
import { sampleComparison } from './sample-comparison';
import { expectWhole, tagCounts } from './support/page';

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

describe('report', () => {
  test('is one well-formed page that loads nothing', async () => {
    const { rows, obtained } = sampleComparison(3);
    const page = await renderPage(rows, obtained);
    const counts = tagCounts(page);
    // Errors, differences, two curves, each drawn for a desk and for a phone; and seven keys of the legend.
    expect(counts.get('svg')).toBe(8 + 7);
    expect(counts.get('desc')).toBe(8);
    expect(counts.has('script')).toBe(false);
    expect(counts.has('link')).toBe(false);
    expect(counts.has('img')).toBe(false);
    expect(page.match(/https?:|url\(|@import|\bsrc=|\bhref=/)).toBeNull();
    expectWhole(page);
  });

  test('shows every row with its figures, in the drawing and in the table', async () => {
    const { rows, obtained } = sampleComparison(1);
    const page = await renderPage(rows, obtained);
    for (const row of rows) {
      const error = row.runs[0]!.top1Error!.toFixed(2);
      expect(page.split(`>${error}</text>`).length - 1).toBe(2);
      expect(page).toContain(
        `<th scope="row">${row.label}</th><td>${row.method}</td><td>${row.routine}</td><td class="number">${error}</td>`,
      );
    }
    expect(page).toContain('class="higher"');
    expect(page).toContain('One seed decides nothing.');
    expect(page).not.toContain('Difference to the baseline');
  });

  test('text from configs and errors stays text', async () => {
    const { rows, obtained } = sampleComparison(2);
    const hostile = '<script>alert("1")</script>&\'';
    const changed = rows.map((row, index) =>
      index === 1 ? { ...row, label: hostile, failures: [{ seed: '9', message: hostile }] } : row,
    );
    const page = await renderPage(changed, { ...obtained, title: hostile, provenance: hostile });
    expect(tagCounts(page).has('script')).toBe(false);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    expect(page).toContain('Not every run finished');
  });

  test('rows without a run and comparisons without a baseline still make a page', async () => {
    const { rows, obtained } = sampleComparison(1);
    const empty = rows.map((row) => ({ ...row, runs: [], failures: [{ seed: '0', message: 'broken' }] }));
    expect(tagCounts(await renderPage(empty, obtained)).get('li')).toBe(7);
    const methods = rows.slice(1);
    expect(await renderPage(methods, obtained)).toContain('No baseline finished');
  });

  test('curves are means over the seeds that logged an epoch', () => {
    const { rows } = sampleComparison(2, 4);
    const [first, second] = rows[0]!.runs;
    const shortened = { ...second!, curve: second!.curve.slice(0, 2) };
    const curve = meanCurve({ ...rows[0]!, runs: [first!, shortened] }, 'testError');
    expect(curve.map(([epoch]) => epoch)).toEqual([1, 2, 3, 4]);
    expect(curve[0]?.[1]).toBeCloseTo((first!.curve[0]!.testError! + second!.curve[0]!.testError!) / 2, 10);
    expect(curve[3]?.[1]).toBe(first!.curve[3]!.testError);
  });

  test('rows that change stage together share a boundary', () => {
    const { rows } = sampleComparison(2, 10);
    const boundaries = stageBoundaries([...rows, rows[6]!]);
    expect(boundaries).toEqual([
      { stage: 'expanded', epoch: 3, rows: [6, 7] },
      { stage: 'collapsed', epoch: 8.5, rows: [6, 7] },
    ]);
  });

  test('colours are unique, and stand out on light and on dark ground', () => {
    const light = everyColour.map((colour) => colour.light);
    expect(new Set(light).size).toBe(light.length);
    const styles = rowStyles(9, 0);
    for (const { colour } of styles) {
      expect(contrast(colour.light, '#ffffff')).toBeGreaterThan(3);
      expect(contrast(colour.dark, '#14181f')).toBeGreaterThan(3);
    }
    const drawn = rowStyles(17, 0).map(({ colour, dash }) => `${colour.light} ${dash.join()}`);
    expect(new Set(drawn).size).toBe(17);
  });
});
