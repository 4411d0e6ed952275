import { describe, expect, test } from 'vitest';
import { comparisonResult, renderPosterPage } from '../../src';
import { expectWhole, tagCounts } from '../support/page';
import { sampleComparison } from '../support/sample-comparison';
import { sampleTasks } from '../support/sample-tasks';

/** A part as it is read from its file. */
function part({ records, obtained }: ReturnType<typeof sampleTasks>, page: string) {
  const result: ReturnType<typeof comparisonResult> = JSON.parse(
    JSON.stringify(comparisonResult(records, obtained, [])),
  );
  return { ...result, page };
}

describe('the page of several comparisons', () => {
  test('has the figures of each, of one task or several, and a way to its page', async () => {
    const tasks = part(sampleTasks(1), 'nyuv2/report.html');
    const page = renderPosterPage('The poster', [
      part(sampleComparison(1), 'cifar/report.html'),
      tasks,
      { ...tasks, page: 'again/report.html' },
    ]);
    expect(tagCounts(page).get('desc')).toBe(2 * (1 + 3 + 3));
    expectWhole(page.replaceAll(/ href="(?:cifar|nyuv2|again)\/report\.html"/g, ''));
    expect([...page.matchAll(/ href="([^"]+)"/g)].map(([, address]) => address)).toEqual([
      'cifar/report.html',
      'nyuv2/report.html',
      'again/report.html',
    ]);
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels).toEqual([1, 2, 3, 2, 3, 4, 4, 4, 2, 3, 4, 4, 4]);
    expect(page).toContain('One seed each');
    expect(page).toContain('12 epochs of batch 64 (468 gradient evaluations each)');
    expect(page).toContain('2 epochs of batch 4 (12 gradient evaluations each)');
  });

  test('of seeds says that they are means', async () => {
    const page = renderPosterPage('The poster', [part(sampleTasks(3), 'nyuv2/report.html')]);
    expect(page).toContain('Means over the seeds');
  });
});
