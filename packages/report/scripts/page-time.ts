// How large the page of a comparison of 200 epochs, 8 methods and 5 seeds is, and how long it takes to open: `pnpm run page-time`,
// from this package's folder. Ends with 1 where it is more than 5 MB or 2 seconds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { comparisonResult, renderPage } from '../src';
import { chromium, openPage, startBrowser } from '../test/support/browser';
import { sampleLarge } from '../test/support/sample-large';

const times = 5;

if (!chromium) process.exit(1);
const { records, obtained } = sampleLarge();
const drawing = performance.now();
const html = renderPage(records, comparisonResult(records, obtained));
const drawn = performance.now() - drawing;
const folder = await mkdtemp(join(tmpdir(), 'overparam-time-'));
const file = join(folder, 'page.html');
await writeFile(file, html);
const browser = await startBrowser();
const opened: number[] = [];
for (let time = 0; time < times; time++) {
  const { page } = await openPage(browser, pathToFileURL(file).href);
  await page.locator('.chart .readout li').first().waitFor();
  // The page's script has drawn all charts before its event `load` ends.
  opened.push(Number(await page.evaluate('performance.getEntriesByType("navigation")[0].loadEventEnd')));
  await page.context().close();
}
await browser.close();
await rm(folder, { recursive: true, force: true });
const megabytes = Buffer.byteLength(html) / 1e6;
const median = opened.sort((a, b) => a - b)[Math.floor(times / 2)]! / 1000;
console.log(
  `${megabytes.toFixed(2)} MB, drawn in ${(drawn / 1000).toFixed(2)} s, open with charts to explore in ${median.toFixed(2)} s (median of ${times}, longest ${(opened.at(-1)! / 1000).toFixed(2)} s)`,
);
process.exitCode = megabytes < 5 && median < 2 ? 0 : 1;
