import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium, openPage, seriousFaults, startBrowser } from '../../report/test/support/browser';
import { sampleProgress } from '../../report/test/support/sample-progress';
import { sampleRun } from '../../report/test/support/sample-run';
import { followRun, serveLivePage, type Watched } from '../src';

describe('the server', () => {
  test('takes the first free port, and says so where one that is asked for is in use', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    await expect(serveLivePage(sampleRun(1, 'training'), { port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`Port ${port} is in use by another program.`),
    });
    blocker.close();
    const [first, second] = [
      await serveLivePage(sampleRun(1, 'training')),
      await serveLivePage(sampleRun(1, 'training')),
    ];
    expect(first.address).toMatch(/^http:\/\/127\.0\.0\.1:46[89]\d\/$/);
    expect(second.address).not.toBe(first.address);
    await Promise.all([first.close(), second.close()]);
  });

  test('answers for this machine alone, and has one page', async () => {
    const page = await serveLivePage(sampleRun(1, 'training'));
    const { port } = new URL(page.address);
    const ask = (path: string, host: string, method = 'GET') =>
      new Promise<[number, string]>((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
          let text = '';
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () => resolve([response.statusCode!, text]));
        });
        asked.on('error', reject).end();
      });
    expect((await ask('/', `127.0.0.1:${port}`))[1]).toContain('Training: epoch 1 of 12');
    expect((await ask('/', `localhost:${port}`))[0]).toBe(200);
    expect((await ask('/', 'evil.example'))[0]).toBe(403);
    expect((await ask('/../../etc/passwd', `127.0.0.1:${port}`))[0]).toBe(404);
    expect((await ask('/', `127.0.0.1:${port}`, 'POST'))[0]).toBe(405);
    await page.close();
  });
});

describe('following', () => {
  test('tells of news until the run is finished, through a stop', async () => {
    const states = [
      sampleRun(1, 'training'),
      sampleRun(1, 'training'),
      sampleRun(2, 'stopped'),
      sampleRun(3, 'training'),
      sampleRun(12, 'finished'),
    ];
    let at = 0;
    const told: string[] = [];
    // Each state stands for several looks.
    const clock = setInterval(() => {
      at = Math.min(at + 1, states.length - 1);
    }, 40);
    const last = await followRun(
      {
        mark: async () => `${states[at]!.state} ${states[at]!.record.metrics.length}`,
        read: async () => states[at]!,
      },
      {
        signal: new AbortController().signal,
        interval: 1,
        onReport: ({ state, record }) => void told.push(`${state} ${record.metrics.length}`),
      },
    ).finally(() => clearInterval(clock));
    expect(told).toEqual(['training 1', 'stopped 2', 'training 3', 'finished 12']);
    expect(last?.state).toBe('finished');
  }, 10_000);

  test('ends where its signal does', async () => {
    const run = { mark: async () => 'same', read: async () => sampleRun(1, 'training') };
    const last = await followRun(run, { signal: AbortSignal.timeout(50), onReport() {} });
    expect(last?.state).toBe('training');
  });
});

let browser: Browser;
beforeAll(async () => {
  if (chromium) browser = await startBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(!chromium)('the live page', () => {
  async function open(report: Watched, look = {}) {
    const served = await serveLivePage(report);
    return { served, ...(await openPage(browser, served.address, look)) };
  }

  test('goes on with the run, keeps its zoom, and stays when the run is over', async () => {
    const { served, page, errors } = await open(sampleRun(0, 'training'));
    expect(await page.locator('#state').textContent()).toContain('Training: epoch 0 of 12');
    expect(await page.locator('.chart').count()).toBe(0);
    served.show(sampleRun(6, 'training'));
    const slider = page.locator('.chart[data-curve=test-1] input[type=range]');
    await slider.waitFor();
    expect(await slider.getAttribute('max')).toBe('6');
    await page.getByRole('button', { name: /Zoom in on the epoch: test/ }).click();
    const before = [await slider.getAttribute('min'), await slider.getAttribute('max')];
    served.show(sampleRun(8, 'training'));
    await page.getByText('Training: epoch 8 of 12').waitFor();
    expect([await slider.getAttribute('min'), await slider.getAttribute('max')]).toEqual(before);
    served.show(sampleRun(12, 'finished'));
    await page.getByText('Finished.').waitFor();
    expect(await page.locator('#figures').textContent()).toContain('collapsed');
    await served.close();
    await page.waitForTimeout(300);
    // A run that is over needs its server no more.
    expect(await page.locator('#connection').textContent()).toBe('');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('goes on with all runs of a comparison', async () => {
    const { served, page, errors } = await open(sampleProgress(0));
    expect(await page.locator('#state').textContent()).toContain('0 of 4 runs finished');
    expect(await page.locator('#runs tbody tr').allTextContents()).toContain('FNL1not begun0 of 12');
    served.show(sampleProgress(7));
    await page.locator('.chart[data-curve=test-1] .readout li').nth(1).waitFor();
    expect(await page.locator('#state').textContent()).toContain('4 runs at work');
    expect(await page.locator('.chart .band').count()).toBeGreaterThan(0);
    served.show(sampleProgress(12));
    await page.getByText('Finished. The table and all else is in runs/made-up/report.html.').waitFor();
    expect(await page.locator('#runs tbody tr').first().textContent()).toMatch(/finished12 of 12\d+\.\d\d %/);
    await served.close();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('says so where its server ends before the run', async () => {
    const { served, page } = await open(sampleRun(3, 'training'));
    await page.locator('.chart .readout li').first().waitFor();
    await served.close();
    await page.getByText('what was seen so far stays here').waitFor();
    expect(await page.locator('.chart svg').count()).toBeGreaterThan(0);
    await page.context().close();
  });

  test.each([
    { what: 'run', scheme: 'light', width: 1100 },
    { what: 'run', scheme: 'dark', width: 400 },
    { what: 'comparison', scheme: 'light', width: 400 },
    { what: 'comparison', scheme: 'dark', width: 1100 },
  ] as const)('fits and has nothing serious against it: a $what, $scheme at $width px', async (look) => {
    const report = look.what === 'run' ? sampleRun(5, 'training') : sampleProgress(5);
    const { served, page, errors } = await open(report, look);
    await page.locator('.chart .readout li').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(look.width);
    expect(await seriousFaults(page)).toEqual([]);
    expect(errors).toEqual([]);
    await served.close();
    await page.context().close();
  });
});
