import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's package puts it there; `OVERPARAM_CHROMIUM` names another. */
const path = process.env.OVERPARAM_CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a browser to test in; says so where there is none. */
export function chromiumIsThere(): boolean {
  if (existsSync(path)) return true;
  console.warn(
    `*** SKIPPED: there is no Chromium at ${path}. Install it (apt-get install chromium), or name one by OVERPARAM_CHROMIUM. ***`,
  );
  return false;
}

/** Starts the browser. */
export function openChromium(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', ...flags] });
}

/** A new page, and what went wrong on it: errors of its console, uncaught ones, and requests that failed or left the machine. */
export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') errors.push(`loads ${request.url()}`);
  });
  return { page, errors };
}

/** What axe finds on a page that is serious or worse, one line each. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; help: string; nodes: { html: string }[] }[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
}
