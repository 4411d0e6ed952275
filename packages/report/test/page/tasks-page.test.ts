import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { improvementDefinitions } from '@overparam/mtl-heads';
import type { PictureLegend } from '@overparam/plugin';
import { describe, expect, test } from 'vitest';
import {
  comparisonResult,
  type Obtained,
  type RowPictures,
  type RowRecord,
  readPictures,
  renderPage,
} from '../../src';
import { expectWhole, pageData, tagCounts } from '../support/page';
import { figureOf, rowRecord } from '../support/records';
import { sampleTasks, taskRun } from '../support/sample-tasks';

/** A PNG of no matter what, as a run's pictures are handed over. */
const uri = 'data:image/png;base64,AAAA';

/** What a task's pictures of the first scene mean. */
function legends(task: string, text = 'Bright is near.'): RowPictures['legends'] {
  return new Map([[`0-${task}`, { text, colours: [{ name: 'no label', colour: [1, 2, 3] }] }]]);
}

function pageOf(
  records: readonly RowRecord[],
  obtained: Obtained,
  pictures: readonly RowPictures[] = [],
): string {
  const result = comparisonResult(records, obtained, Object.values(improvementDefinitions));
  return renderPage(records, result, { pictures });
}

describe('the page of three tasks', () => {
  test('is one well-formed page that loads nothing', async () => {
    const { records, obtained } = sampleTasks(3);
    const pictures = new Map(
      ['input', 'depth-truth', 'depth-prediction'].map((name) => [`0-${name}.png`, uri]),
    );
    const page = pageOf(records, obtained, [{ label: 'Baseline', pictures, legends: legends('depth') }]);
    const counts = tagCounts(page);
    // Three headlines and their differences; two losses, two weights, one cosine and three test figures; and the costs: each for a desk
    // and for a phone.
    expect(counts.get('desc')).toBe(2 * (3 + 3 + 2 + 2 + 1 + 3 + 1));
    // Its data, and what makes it one to explore.
    expect(counts.get('script')).toBe(2);
    expect(counts.get('img')).toBe(3);
    expectWhole(page);
    expect(page).toContain('<h2 id="h-headline">The three tasks</h2>');
    expect(page).toContain('<h2 id="h-differences">Difference to the baseline</h2>');
    expect(page).toContain('<h2 id="h-classes">Class by class</h2>');
    expect(page).toContain('depth: Bright is near.');
    expect(page).toContain('fill="rgb(1,2,3)"/></svg>no label</li>');
    expect(page).toContain('<td class="number ahead">−0.0500 [−0.0500, −0.0500]</td>');
  });

  test('every scene has the scale of its own numbers, and classes are named once', async () => {
    const { records, obtained } = sampleTasks(1);
    const names = ['0', '1'].flatMap((scene) =>
      ['depth', 'segmentation'].map((task) => `${scene}-${task}-truth.png`),
    );
    const stops = [
      [250, 240, 170],
      [10, 8, 30],
    ] as const;
    const depth = (from: number, to: number, unit: string) => ({
      text: 'Bright is near.',
      colours: [],
      scale: { from, to, unit, stops },
    });
    const classes = {
      text: 'A colour for each class.',
      colours: [{ name: 'bed', colour: [1, 2, 3] as const }],
    };
    const page = pageOf(records, obtained, [
      {
        label: 'Baseline',
        pictures: new Map(names.map((name) => [name, uri])),
        legends: new Map<string, PictureLegend>([
          ['0-depth', depth(0.7134, 4.25, 'm')],
          ['1-depth', depth(1.5, 1250, '<m>')],
          ['0-segmentation', classes],
          ['1-segmentation', classes],
        ]),
      },
    ]);
    expectWhole(page);
    const scales = [...page.matchAll(/<div class="scale">.*?<\/div>/g)].map(([bar]) => bar);
    expect(scales).toEqual([
      '<div class="scale"><i style="background:linear-gradient(90deg,rgb(250,240,170),rgb(10,8,30))"></i><span>0.713 m</span><span>4.25 m</span></div>',
      '<div class="scale"><i style="background:linear-gradient(90deg,rgb(250,240,170),rgb(10,8,30))"></i><span>1.5 &lt;m&gt;</span><span>1,250 &lt;m&gt;</span></div>',
    ]);
    expect(page.split('</svg>bed</li>')).toHaveLength(2);
    expect(page.split('depth: Bright is near.')).toHaveLength(2);
  });

  test('its tables say whose figures they show', async () => {
    const { records, obtained } = sampleTasks(1);
    const last = pageOf(records, obtained);
    expect(last).toContain('<caption>Test figures of the last epoch, after collapse</caption>');
    expect(last).toContain('<caption>By the mean over the last 2 epochs, as trained</caption>');
    expect(last).not.toContain('ten epochs');
    expect(last).not.toContain('held-out');
    const trained = pageOf(
      records.map((row) => ({ ...row, evaluation: 'meanOfLast' })),
      obtained,
    );
    expect(trained).toContain(
      '<caption>Test figures of the mean over the last 2 epochs, as trained</caption>',
    );
    expect(trained).not.toContain('Test figures of the last epoch');
    expect(trained).toContain('Figures of the network as it was trained');
  });

  test('shows the projected time of a longer run', async () => {
    const { records, obtained } = sampleTasks(1);
    const page = pageOf(records, { ...obtained, projection: { epochs: 200, images: 2400 } });
    expect(page).toContain('<th scope="col" class="number">projected</th>');
    expect(page).toContain(
      '<td class="number" data-value="2">2.00 s</td><td class="number" data-value="40000">11.1 hours</td>',
    );
    expect(page).toContain('for 200 epochs of 2,400 images.');
  });

  test('figures that were not counted are no zeros', async () => {
    const { obtained } = sampleTasks(1);
    const figures = (mIoU: number | null) => ({
      segmentation: { mIoU },
      depth: { absoluteError: 0.5 },
      normals: { meanAngle: 30 },
    });
    const records = [
      rowRecord('Baseline', 'plain', [taskRun('0', figures(40))]),
      rowRecord('Empty', 'trirep', [taskRun('0', figures(null))]),
    ];
    const page = pageOf(records, obtained);
    expectWhole(page);
    expect(page).toContain('Empty no figure');
    expect(page).toContain(
      '<th scope="row">Empty</th><td class="number">-</td><td class="number">0.5000</td>',
    );
    // In the data of the page null is what was not counted.
    expect(/NaN|null|undefined/.test(page.replace(/<script[\s\S]*<\/script>/, ''))).toBe(false);
  });

  test('text from configs, datasets and errors stays text', async () => {
    const hostile = '<script>alert("1")</script>&\'';
    const metrics = [
      figureOf(hostile, 'mIoU', '%', 'higher', { title: hostile }),
      figureOf('depth', hostile, hostile, 'lower'),
      figureOf('normals', 'meanAngle', '°', 'lower'),
    ];
    const figures = { [hostile]: { mIoU: 10 }, depth: { [hostile]: 20 }, normals: { meanAngle: 30 } };
    const row = rowRecord(hostile, 'plain', [taskRun('0', figures)], {
      failures: [{ seed: '1', message: hostile }],
    });
    const { obtained } = sampleTasks(1);
    const pictures = new Map([`0-${hostile}-truth.png`, '0-input.png'].map((name) => [name, uri]));
    const page = pageOf(
      [row, { ...row, kind: 'reference' }],
      {
        ...obtained,
        metrics,
        title: hostile,
        provenance: hostile,
        classNames: { [hostile]: [hostile, 'books'] },
      },
      [{ label: hostile, pictures, legends: legends(hostile, hostile) }],
    );
    expect(tagCounts(page).get('script')).toBe(2);
    expect(page).not.toContain('<script>alert');
    expect(JSON.stringify(pageData(page))).toContain('<script>alert');
    expectWhole(page);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    expect(page).toContain('Not every run finished');
  });

  test('no rows at all, and rows without a run, still make a page', async () => {
    const { records, obtained } = sampleTasks(1);
    const none = pageOf([], obtained);
    tagCounts(none);
    expect(none).toContain('No baseline finished');
    const failed = records
      .filter(({ kind }) => kind !== 'reference')
      .map((row) => ({ ...row, runs: [], failures: [{ seed: '0', message: 'broken' }] }));
    const page = pageOf(failed, obtained);
    tagCounts(page);
    expectWhole(page);
    expect(page.split('broken').length - 1).toBeGreaterThanOrEqual(3);
  });

  test('pictures are those of tasks that are named in full', async () => {
    const { records, obtained } = sampleTasks(1);
    const pictures = new Map(['0-input.png', '0-depth-normals-truth.png'].map((name) => [name, uri]));
    expect(
      pageOf(records, obtained, [{ label: 'Baseline', pictures, legends: legends('depth') }]),
    ).not.toContain('<img');
  });

  test('pictures are read from folders, the PNG files alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'overparam-pictures-'));
    try {
      await writeFile(join(folder, '0-input.png'), Buffer.from([1, 2, 3]));
      await writeFile(join(folder, 'notes.txt'), 'no picture');
      const pictures = await readPictures([join(folder, 'missing'), folder]);
      expect([...pictures]).toEqual([['0-input.png', 'data:image/png;base64,AQID']]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
