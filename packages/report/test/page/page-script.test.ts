import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { pageScriptModule } from '../../scripts/page-script.mjs';
import { pageScript } from '../../src/page/page-script';

test('the script is the one that is made of the sources as they are', async () => {
  const file = await readFile(new URL('../../src/page/page-script.ts', import.meta.url), 'utf8');
  expect(file).toBe(await pageScriptModule());
});

test('the script can stand inside of a page, names nothing outside of it, and is small', () => {
  expect(pageScript).not.toMatch(/<\/script|<!--|https?:(?!\/\/www\.w3\.org\/2000\/svg)|\bimport\(/);
  expect(pageScript.length).toBeLessThan(80_000);
});
