import type { Browser, Page } from 'playwright-core';
import { chromiumIsThere, watchedPage } from '../../../../vitest.chromium';

export { openChromium as startBrowser, seriousFaults } from '../../../../vitest.chromium';

/** Whether there is a browser to test in. */
export const chromium: boolean = chromiumIsThere();

/** What a page is looked at with. */
export interface Look {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A page at an address, and what went wrong on it. */
export async function openPage(
  browser: Browser,
  address: string,
  { scheme = 'light', width = 1100 }: Look = {},
): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const watched = await watchedPage(browser, { colorScheme: scheme, viewport: { width, height: 900 } });
  await watched.page.goto(address);
  return watched;
}
