import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';

const places = [
  process.env.OVERPARAM_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium of this machine; tests in a browser are skipped where there is none, and say so. */
export const chromium = places.find((path) => path !== undefined && existsSync(path));
if (chromium === undefined)
  console.warn(
    'No Chromium is found, so what pages do in a browser is not tested: install the package "chromium", or set OVERPARAM_CHROMIUM to its path.',
  );

/** Starts it; without its sandbox, which containers forbid. */
export async function startBrowser(): Promise<Browser> {
  const { chromium: engine } = await import('playwright-core');
  return engine.launch({ executablePath: chromium!, args: ['--no-sandbox'] });
}

/** What a page is looked at with. */
export interface Look {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A page of its own, and what its console said. */
export async function openPage(
  browser: Browser,
  address: string,
  { scheme = 'light', width = 1100 }: Look = {},
): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: 900 },
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  return { page, errors };
}

interface Violation {
  readonly id: string;
  readonly impact?: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds that is serious, as `rule: element`; the page's policy lets no foreign script in, so a copy is looked at. */
export async function seriousProblems(browser: Browser, page: Page, look: Look): Promise<string[]> {
  const html = await page.evaluate('document.documentElement.outerHTML');
  const context = await browser.newContext({
    colorScheme: look.scheme ?? 'light',
    viewport: { width: look.width ?? 1100, height: 900 },
    javaScriptEnabled: true,
  });
  const copy = await context.newPage();
  const still = String(html)
    .replace(/<meta http-equiv[^>]*>/, '')
    .replace(/<script>[\s\S]*?<\/script>/g, '');
  await copy.setContent(still);
  await copy.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') });
  const { violations } = (await copy.evaluate('axe.run()')) as { violations: Violation[] };
  await context.close();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html: element }) => `${id}: ${element.slice(0, 200)}`));
}
