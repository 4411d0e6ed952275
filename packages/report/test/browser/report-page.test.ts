import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparisonResult, renderPage, renderRunPage } from '../../src';
import { chromium, openPage, seriousFaults, startBrowser } from '../support/browser';
import { sampleComparison } from '../support/sample-comparison';
import { sampleLarge } from '../support/sample-large';
import { sampleRun } from '../support/sample-run';
import { sampleTasks } from '../support/sample-tasks';

let folder = '';
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-page-'));
  if (chromium) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

async function saved(name: string, page: string): Promise<string> {
  const file = join(folder, `${name}.html`);
  await writeFile(file, page);
  return pathToFileURL(file).href;
}

function pageOf({ records, obtained }: ReturnType<typeof sampleTasks>): string {
  return renderPage(records, comparisonResult(records, obtained));
}

/** The numbers that a chart tells of an epoch, by row. */
async function told(page: Page): Promise<string> {
  return String(await page.locator('.chart[data-curve=test-1] .readout').textContent());
}

describe.skipIf(!chromium)('the page of a comparison, opened from a file', () => {
  test.each([
    { scheme: 'light', width: 1100 },
    { scheme: 'dark', width: 400 },
  ] as const)('is quiet, fits and has nothing serious against it, $scheme at $width px', async (look) => {
    for (const [name, page] of [
      ['comparison', pageOf(sampleComparison(3))],
      ['tasks', pageOf(sampleTasks(3))],
      ['run', renderRunPage(sampleRun(12, 'finished'))],
    ] as const) {
      const opened = await openPage(browser, await saved(name, page), look);
      expect(opened.errors, name).toEqual([]);
      expect(await opened.page.evaluate('document.documentElement.scrollWidth'), name).toBe(look.width);
      expect(await seriousFaults(opened.page), name).toEqual([]);
      await opened.page.context().close();
    }
  });

  test('tells values under the pointer and by keyboard, and zooms by both', async () => {
    const sample = sampleComparison(3, 40);
    const { page, errors } = await openPage(browser, await saved('curves', pageOf(sample)));
    const chart = page.locator('.chart[data-curve=test-1]');
    const slider = chart.locator('input[type=range]');
    expect(await slider.inputValue()).toBe('40');
    // By keyboard: two epochs back; what is told is the mean of the seeds, with their deviation.
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    const values = sample.records[1]!.runs.map((run) => run.curve[37]!.test.byTask.class!.figures.top1Error!);
    const mean = values.reduce((sum, value) => sum + value, 0) / 3;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    expect(await told(page)).toContain(`${mean.toFixed(2)} ± ${sd.toFixed(2)}`);
    expect(await slider.getAttribute('aria-valuetext')).toContain(
      `FNL ${mean.toFixed(2)} ± ${sd.toFixed(2)}`,
    );
    // By pointer: where epoch 10 is.
    const box = (await chart.locator('svg').first().boundingBox())!;
    const xOf = (epoch: number) => box.x + 56 + ((box.width - 56 - 18) * epoch) / 40;
    await page.mouse.move(xOf(10), box.y + 150);
    expect(await slider.inputValue()).toBe('10');
    // Drawn across epochs 10 to 20: these are seen, until all are again.
    await page.mouse.down();
    await page.mouse.move(xOf(20), box.y + 160, { steps: 4 });
    await page.mouse.up();
    expect([await slider.getAttribute('min'), await slider.getAttribute('max')]).toEqual(['10', '20']);
    await chart.getByRole('button', { name: /Show all epochs/ }).focus();
    await page.keyboard.press('Enter');
    expect(await slider.getAttribute('max')).toBe('40');
    await chart.getByRole('button', { name: /Zoom in/ }).focus();
    await page.keyboard.press('Enter');
    const [low, high] = [await slider.getAttribute('min'), await slider.getAttribute('max')].map(Number);
    expect(high! - low!).toBe(20);
    // A row that is hidden is neither drawn nor told.
    await page.getByRole('button', { name: 'FNL', exact: true }).click();
    expect(await told(page)).not.toContain('FNL');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('sorts tables by keyboard, up, down and as they were', async () => {
    const { page } = await openPage(browser, await saved('sort', pageOf(sampleComparison(3))));
    const table = page.locator('table', { hasText: 'What the rows are and what they cost' });
    const names = async () => (await table.locator('tbody th').allInnerTexts()).slice(0, 2);
    const head = table.locator('th', { hasText: 'time/epoch' });
    await head.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    expect(await names()).toEqual(['Baseline', 'FNL']);
    await page.keyboard.press('Space');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect(await names()).toEqual(['TriRep progressive', 'TriRep cyclic']);
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe(null);
    expect(await names()).toEqual(['Baseline', 'FNL']);
    await page.context().close();
  });

  test('saves its data as CSV and JSON', async () => {
    const sample = sampleComparison(2, 3);
    const { page } = await openPage(browser, await saved('data', pageOf(sample)));
    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')] as const;
    };
    const [figuresName, figures] = await save('Figures as CSV');
    expect(figuresName).toBe('poster-small-form-figures.csv');
    const lines = figures.trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 7 * 2);
    expect(lines[0]).toMatch(/^row,method,routine,kind,seed,class\.top1Error,trainParameters,/);
    const error = sample.records[0]!.runs[0]!.choices.last.byTask.class!.figures.top1Error;
    expect(lines[1]).toMatch(`Baseline,plain,joint,baseline,0,${error},77850,`);
    const [, curves] = await save('Curves as CSV');
    expect(curves.trimEnd().split('\r\n')).toHaveLength(1 + 7 * 2 * 3);
    expect(curves).toMatch(/^row,seed,epoch,learningRate,train\.loss,test\.loss,test\.class\.top1Error/);
    const [, json] = await save('All as JSON');
    const all = JSON.parse(json) as { rows: unknown[]; curves: unknown[]; runs: unknown[] };
    expect([all.rows.length, all.runs.length, all.curves.length]).toEqual([7, 14, 7]);
    await page.context().close();
  });

  test('is whole without scripts', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(await saved('still', pageOf(sampleComparison(3))));
    expect(await page.locator('svg:visible').count()).toBe(5 + 7);
    expect(await page.locator('[data-save]:visible').count()).toBe(0);
    expect(await page.locator('noscript').textContent()).toContain('needs a browser that runs scripts');
    await context.close();
  });

  test('of 200 epochs, 8 methods and 5 seeds can be read and explored', async () => {
    const address = await saved('large', pageOf(sampleLarge()));
    const started = performance.now();
    const { page, errors } = await openPage(browser, address);
    await page.locator('.chart .readout li').first().waitFor();
    // Two seconds on a machine of its own (scripts/page-time.mjs); tests share theirs.
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(errors).toEqual([]);
    expect(await told(page)).toContain('Method 7');
    await page.context().close();
  });
});
