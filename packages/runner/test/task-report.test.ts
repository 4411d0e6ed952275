import { describe, expect, test } from 'vitest';
import { renderTaskPage } from '../src/report/task-page';
import { figureOf, sampleTasks, taskRow, taskRun } from './sample-tasks';
import { expectWhole, tagCounts } from './support/page';

/** A PNG of no matter what, as a run's pictures are handed over. */
const uri = 'data:image/png;base64,AAAA';

describe('the report of three tasks', () => {
  test('is one well-formed page that loads nothing', async () => {
    const { records, obtained } = sampleTasks(3);
    const pictures = new Map(
      ['input', 'depth-truth', 'depth-prediction'].map((name) => [`0-${name}.png`, uri]),
    );
    const page = await renderTaskPage(records, obtained, [{ label: 'Baseline', pictures }]);
    const counts = tagCounts(page);
    // Three headlines; two losses, two weights, one cosine and three test figures: each for a desk and for a phone.
    expect(counts.get('desc')).toBe(2 * (3 + 2 + 2 + 1 + 3));
    expect(counts.has('script')).toBe(false);
    expect(counts.get('img')).toBe(3);
    expectWhole(page);
    expect(page).toContain('<h2 id="h-headline">The three tasks</h2>');
    expect(page).toContain('<h2 id="h-differences">Difference to the baseline</h2>');
  });

  test('its tables say whose figures they show', async () => {
    const { records, obtained } = sampleTasks(1);
    const last = await renderTaskPage(records, obtained, []);
    expect(last).toContain('<caption>Test figures of the last epoch, after collapse</caption>');
    expect(last).toContain('<caption>By the mean over the last 2 epochs, as trained</caption>');
    expect(last).not.toContain('ten epochs');
    expect(last).not.toContain('held-out');
    const trained = await renderTaskPage(records, { ...obtained, evaluation: 'meanOfLast' }, []);
    expect(trained).toContain(
      '<caption>Test figures of the mean over the last 2 epochs, as trained</caption>',
    );
    expect(trained).not.toContain('Test figures of the last epoch');
    expect(trained).toContain('Figures of the network as it was trained');
  });

  test('text from configs, datasets and errors stays text', async () => {
    const hostile = '<script>alert("1")</script>&\'';
    const metrics = [
      figureOf(hostile, 'mIoU', '%', 'higher'),
      figureOf('depth', hostile, hostile, 'lower'),
      figureOf('normals', 'meanAngle', '°', 'lower'),
    ];
    const figures = Object.fromEntries(metrics.map(({ figure }, index) => [figure, 10 * (index + 1)]));
    const row = {
      ...taskRow(hostile, 'plain', [taskRun('0', figures)]),
      failures: [{ seed: '1', message: hostile }],
    };
    const { obtained } = sampleTasks(1);
    const pictures = new Map([`0-${hostile}-truth.png`, '0-input.png'].map((name) => [name, uri]));
    const page = await renderTaskPage(
      { rows: [row], references: [row] },
      {
        ...obtained,
        metrics,
        title: hostile,
        provenance: hostile,
        classNames: { [hostile]: [hostile, 'books'] },
      },
      [{ label: hostile, pictures }],
    );
    expect(tagCounts(page).has('script')).toBe(false);
    expectWhole(page);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    expect(page).toContain('Not every run finished');
  });

  test('no rows at all, and rows without a run, still make a page', async () => {
    const { records, obtained } = sampleTasks(1);
    const none = await renderTaskPage({ rows: [], references: [] }, obtained, []);
    tagCounts(none);
    expect(none).toContain('No baseline finished');
    const failed = records.rows.map((row) => ({
      ...row,
      runs: [],
      failures: [{ seed: '0', message: 'broken' }],
    }));
    const page = await renderTaskPage({ rows: failed, references: [] }, obtained, []);
    tagCounts(page);
    expectWhole(page);
    expect(page.split('broken').length - 1).toBeGreaterThanOrEqual(3);
  });
});
