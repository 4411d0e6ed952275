import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { servePage } from '@overparam/browser';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumIsThere, openChromium, seriousFaults, watchedPage } from '../../../vitest.chromium.ts';
import { root } from '../src/workspace';

const site = join(root, 'site');
const dist = join(site, 'dist');
const there = chromiumIsThere();
let browser: Browser;
let served: Awaited<ReturnType<typeof servePage>>;

beforeAll(async () => {
  // Dead links fail it.
  execFileSync(process.execPath, [join(site, 'source', 'build.mjs'), '--no-api'], { stdio: 'pipe' });
  served = await servePage(dist, 0);
  if (there) browser = await openChromium();
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** Pages that are linked from a built one, by their files. */
function linkedFrom(file: string): string[] {
  const html = readFileSync(join(dist, file), 'utf8');
  return [...html.matchAll(/href="([^"#?]*)(?:[#?][^"]*)?"/g)]
    .map(([, href]) => href!)
    .filter((href) => href !== '' && !/^[a-z]+:/.test(href))
    .map((href) => (href.startsWith('/') ? href.slice(1) : posix.join(posix.dirname(file), href)))
    .map((path) => (path === '' || path.endsWith('/') ? `${path}index.html` : path))
    .filter((path) => path.endsWith('.html'));
}

test('every page is reached from the first by links, and every link leads to a page', () => {
  const reached = new Set(['index.html']);
  for (const file of reached) {
    expect(existsSync(join(dist, file)), file).toBe(true);
    for (const next of linkedFrom(file)) reached.add(next);
  }
  const built = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.html'),
  );
  expect([...reached].sort()).toEqual(built.filter((name) => name !== '404.html').sort());
  expect(reached.size).toBeGreaterThan(90);
});

test('every method, routine and balancer has a page with its rule and with when it hurts', () => {
  for (const folder of ['methods', 'routines', 'balancers']) {
    const names = readdirSync(join(dist, folder)).filter((name) => name !== 'index.html');
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const html = readFileSync(join(dist, folder, name), 'utf8');
      expect(html, name).toContain('<mjx-container');
      if (name !== 'plain.html') expect(html, name).toMatch(/<h2[^>]*>(?:When it hurts)/);
    }
  }
});

test.skipIf(!there)('a search finds what a page says, and leads there', async () => {
  const { page, errors } = await watchedPage(browser);
  await page.goto(served.address);
  await page.locator('#local-search button').click();
  await page.getByRole('searchbox').fill('unpooling');
  await page.locator('.VPLocalSearchBox .result').first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\.html/);
  // The address changes before the page does.
  await page.locator('main .vp-doc', { hasText: /unpooling/i }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test.skipIf(!there).each([
  ['light', 1200],
  ['dark', 400],
] as const)('axe finds nothing serious, in %s at %i pixels', async (colorScheme, width) => {
  const { page, errors } = await watchedPage(browser, { colorScheme, viewport: { width, height: 900 } });
  const pages = [
    '',
    'guide/getting-started.html',
    'methods/trirep.html',
    'balancers/cagrad.html',
    'errors.html',
  ];
  for (const path of pages) {
    await page.goto(served.address + path);
    await page.locator('.vp-doc').first().waitFor();
    expect(await seriousFaults(page), path).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
  }
  expect(errors).toEqual([]);
  await page.context().close();
});
