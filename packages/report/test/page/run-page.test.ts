import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readStoredNetwork, renderRunPage } from '../../src';
import { expectWhole, pageData, tagCounts } from '../support/page';
import { sampleRun } from '../support/sample-run';

test('the page of a finished run has figures, curves, costs, layers and what would make it again', () => {
  const report = sampleRun(12, 'finished');
  const page = renderRunPage(report);
  expectWhole(page);
  expect(tagCounts(page).get('script')).toBe(2);
  const { result, metrics } = report.record;
  const figure = (scores: NonNullable<typeof result>['final']) =>
    `${scores.byTask.class!.figures.top1Error!.toFixed(2)} %`;
  expect(page).toContain(`The collapsed network: top-1 error ${figure(result!.collapsed)}.`);
  const errors = metrics.map(({ test: { byTask } }) => byTask.class!.figures.top1Error!);
  const best = Math.min(...errors);
  expect(page).toContain(
    `<td class="number">${figure(result!.final)}</td><td class="number">${figure(result!.collapsed)}</td><td class="number">${best.toFixed(2)} % (epoch ${errors.indexOf(best) + 1})</td>`,
  );
  expect(page).toContain('FNL 361,290 in training, 77,434 deployed');
  expect(page).toMatch(
    /<th scope="row">stem<\/th><td>fnl<\/td><td class="number" data-value="4321">4,321<\/td><td class="number" data-value="432">432<\/td>/,
  );
  expect(page).toContain('npx @overparam/runner train runs/fnl/config.yaml --out runs/fnl-again');
  expect(pageData(page).curves?.rows[0]?.runs[0]?.epoch).toHaveLength(12);
  expect(page).not.toContain('data-live');
});

test('the page of a run at work says how far it is, and how long the rest takes', () => {
  const page = renderRunPage(sampleRun(5, 'training'), { isLive: true });
  expect(page).toContain('Training: epoch 5 of 12');
  // Seven epochs of twelve seconds.
  expect(page).toContain('about 84.0 s left');
  expect(page).toContain("connect-src 'self'");
  expect(page).toContain('<th scope="col" class="number">after epoch 5</th>');
  expect(page).not.toContain('collapsed</th>');
  const none = renderRunPage(sampleRun(0, 'training'));
  expectWhole(none);
  expect(none).toContain('No epoch is done yet.');
  expect(renderRunPage(sampleRun(3, 'stopped'))).toContain('--resume goes on from it');
});

test('what a network holds is read from the head of its file, and of a damaged one nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-stored-'));
  try {
    const path = join(folder, 'weights.safetensors');
    const lineage = JSON.stringify({ versions: { overparam: '1.2.3' } });
    const head = JSON.stringify({
      __metadata__: { lineage },
      'a/kernel': { dtype: 'F32', shape: [3, 3, 2, 4], data_offsets: [0, 288] },
      'a/bias': { dtype: 'F32', shape: [4], data_offsets: [288, 304] },
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(head.length));
    await writeFile(path, Buffer.concat([length, Buffer.from(head), Buffer.alloc(304)]));
    const stored = await readStoredNetwork(path);
    expect([...stored!.layers]).toEqual([['a', 76]]);
    expect(stored!.versions).toEqual({ overparam: '1.2.3' });
    length.writeBigUInt64LE(2n ** 60n);
    await writeFile(path, Buffer.concat([length, Buffer.from(head)]));
    expect(await readStoredNetwork(path)).toBe(null);
    expect(await readStoredNetwork(join(folder, 'missing'))).toBe(null);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
