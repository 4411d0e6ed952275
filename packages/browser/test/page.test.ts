import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resnet, segnet } from '@overparam/backbones';
import { keyFromSeed, useEngine } from '@overparam/engine';
import { writeNetwork } from '@overparam/export/node';
import { taskFor } from '@overparam/mtl-heads';
import { type DatasetTask, parseOptions } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumIsThere, openChromium, seriousFaults, watchedPage } from '../../../vitest.chromium.ts';
import { type ServedPage, servePage, writePage } from '../src';

const root = fileURLToPath(new URL('..', import.meta.url));
const there = chromiumIsThere();
const out = mkdtempSync(join(tmpdir(), 'overparam-page-'));
const fakeCamera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const classes = ['rose', 'lily', 'tulip'];
const size = [32, 32] as const;
let browser: Browser;
let served: ServedPage;

/** When the newest file below a folder was written. */
function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(join(folder, name)).mtimeMs,
  );
  return Math.max(...times);
}

/** The three tasks of a room, or one of flowers. */
const rooms: DatasetTask[] = [
  {
    name: 'segmentation',
    kind: 'segmentation',
    outputs: 3,
    label: { shape: [...size], dtype: 'int32' },
    classes,
  },
  { name: 'depth', kind: 'depth', outputs: 1, label: { shape: [...size, 1], dtype: 'float32' } },
  { name: 'normals', kind: 'normals', outputs: 3, label: { shape: [...size, 3], dtype: 'float32' } },
];
const flowers: DatasetTask[] = [
  { name: 'class', kind: 'classification', outputs: 3, label: { shape: [], dtype: 'int32' }, classes },
];

/** Writes a network with the metadata that a run gives it; the page does not ask whether it learned. */
async function network(name: string, model: tf.LayersModel, tasks: readonly DatasetTask[]): Promise<string> {
  const folder = join(out, name);
  await writeNetwork(folder, model, {
    role: 'collapsed',
    method: 'repvgg',
    backbone: name,
    collapseGap: 1e-6,
    seed: 1,
    normalisation: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    tasks: tasks.map(({ name, kind, classes }) => ({
      name,
      kind,
      ...(classes ? { classes: [...classes] } : {}),
    })),
  });
  return folder;
}

let flowerModel: tf.LayersModel;

beforeAll(async () => {
  if (!there) return;
  const built = join(root, 'dist', 'page', 'index.html');
  if (!existsSync(built) || statSync(built).mtimeMs < newest(join(root, 'page', 'source')))
    execFileSync(process.execPath, [join(root, 'scripts', 'build-page.mjs')], { stdio: 'ignore' });
  await useEngine('wasm');
  const key = keyFromSeed(1);
  const shape = (tasks: readonly DatasetTask[]) => ({
    inputShape: [...size, 3] as const,
    tasks: tasks.map((task) => taskFor(task)),
    key,
  });
  flowerModel = resnet.build(shape(flowers), parseOptions(resnet.options, { depth: 8, width: 4 })).model;
  const room = segnet.build(shape(rooms), parseOptions(segnet.options, { width: 4 })).model;
  await writePage(await network('flowers', flowerModel, flowers), join(out, 'site', 'flowers'), {
    title: 'Flowers',
  });
  await writePage(await network('rooms', room, rooms), join(out, 'site', 'rooms'));
  served = await servePage(join(out, 'site'), 0);
  browser = await openChromium(fakeCamera);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(out, { recursive: true, force: true });
});

/** A picture of two by two pixels, in the one format that is written by hand: a bitmap. */
function bitmap(): { name: string; mimeType: string; buffer: Buffer } {
  const buffer = Buffer.alloc(70);
  buffer.write('BM', 0, 'latin1');
  const words = [70, 0, 54, 40, 2, 2];
  for (const [index, word] of words.entries()) buffer.writeUInt32LE(word, 2 + index * 4);
  buffer.writeUInt16LE(1, 26);
  buffer.writeUInt16LE(24, 28);
  buffer.set([200, 120, 30, 20, 90, 160, 0, 0, 250, 250, 5, 128, 128, 64, 0, 0], 54);
  return { name: 'small.bmp', mimeType: 'image/bmp', buffer };
}

describe.skipIf(!there)('the page that recognises', () => {
  test('classifies a picture as the network does, on WebAssembly and by TensorFlow.js', async () => {
    const { page, errors } = await watchedPage(browser);
    await page.goto(`${served.address}flowers/`);
    await page.getByText('Checked here').waitFor();
    expect(await page.locator('h1').textContent()).toBe('Flowers');
    await page.locator('#file').setInputFiles(bitmap());
    await page.locator('.bars li').first().waitFor();
    // What the picture's own pixels give, as Chromium decoded them, on the engine of this process.
    const pixels = (await page.evaluate(
      "[...document.getElementById('shown').getContext('2d').getImageData(0, 0, 32, 32).data]",
    )) as number[];
    const input = pixels.filter((_, index) => index % 4 < 3).map((value) => (value / 255 - 0.5) / 0.25);
    const shares = tf.tidy(() =>
      Array.from(tf.softmax(flowerModel.predict(tf.tensor4d(input, [1, 32, 32, 3])) as tf.Tensor).dataSync()),
    );
    const wanted = classes
      .map((name, index) => ({ name, share: shares[index]! }))
      .sort((a, b) => b.share - a.share)
      .map(({ name, share }) => `${name} ${(share * 100).toFixed(1)} %`);
    const said = async () =>
      (await page.locator('.bars li').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
    expect(await said()).toEqual(wanted);
    await page.getByText('TensorFlow.js', { exact: true }).click();
    await page.getByText(/TensorFlow.js .* ms for this picture/).waitFor();
    expect(await said()).toEqual(wanted);
    expect(errors).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.context().close();
  });

  test('draws what is where, how far and which way, from the camera', async () => {
    const { page, errors } = await watchedPage(browser, {
      permissions: ['camera'],
      colorScheme: 'dark',
      viewport: { width: 400, height: 800 },
    });
    await page.goto(`${served.address}rooms/`);
    await page.getByText('Checked here').waitFor();
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('img', { name: 'normals of the picture, in colours' }).waitFor();
    expect(await page.locator('.task h3').allTextContents()).toEqual(['segmentation', 'depth', 'normals']);
    expect(await page.locator('.scale').textContent()).toMatch(/-?\d+\.\d\d m/);
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    expect(errors).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    // At 400 pixels nothing sticks out.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    await page.context().close();
  });

  test('says what is missing: a graphics device, a camera, a whole picture, a server', async () => {
    const plain = await openChromium();
    try {
      const { page, errors } = await watchedPage(plain);
      await page.addInitScript('delete Navigator.prototype.gpu');
      await page.goto(`${served.address}flowers/`);
      await page.getByText('Checked here').waitFor();
      await page.getByText('This browser has no WebGPU.').waitFor();
      await page.getByRole('button', { name: 'Use the camera' }).click();
      await page.getByText(/There is no camera on this device|The camera was not allowed/).waitFor();
      const broken = { ...bitmap(), buffer: bitmap().buffer.subarray(0, 40) };
      await page.locator('#file').setInputFiles(broken);
      await page.getByText('small.bmp is damaged, or of a kind').waitFor();
      await page
        .locator('#file')
        .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no') });
      await page.getByText('notes.txt is not a picture').waitFor();
      expect(errors).toEqual([]);
      await page.goto(pathToFileURL(join(out, 'site', 'flowers', 'index.html')).href);
      expect(await page.getByRole('heading', { name: 'This page was opened from a file' }).isVisible()).toBe(
        true,
      );
    } finally {
      await plain.close();
    }
  });
});

describe.skipIf(!there)('the page that trains', () => {
  test('trains two networks on the same batches, collapses one, and shows that it computes the same', async () => {
    const { page, errors } = await watchedPage(browser);
    await page.goto(`${served.address}flowers/train.html?updates=3`);
    await page.locator('#epochs').selectOption('2');
    await page.getByRole('button', { name: 'Train' }).click();
    await page.locator('#result, #failure').and(page.locator(':not([hidden])')).waitFor({ timeout: 100_000 });
    expect(await page.locator('#failure').textContent()).toBe('');
    const [, gap, same, all] = /at most (\S+) of the largest.*same class for (\d+) of (\d+)/.exec(
      (await page.locator('#equality').textContent())!,
    )!;
    expect(Number(gap)).toBeLessThan(1e-4);
    expect([Number(same), Number(all)]).toEqual([200, 200]);
    const rows = await page.locator('#table tbody tr').allInnerTexts();
    const parameters = rows.map((row) => Number(row.split('\t')[1]!.replaceAll(',', '')));
    // Plain with norms, branches with norms, and plain without any.
    expect(parameters[1]).toBeGreaterThan(parameters[0]!);
    expect(parameters[2]).toBeLessThan(parameters[0]!);
    expect(await page.locator('#loss svg.drawn path.wide:not(.ghost)').getAttribute('d')).toMatch(/^M.*L/);
    expect(await page.locator('#examples figure').count()).toBe(8);
    expect(errors).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.context().close();
  });
});

test('what is no run, and a folder with something else in it, are refused; a port in use is said', async () => {
  await expect(writePage(join(out, 'nowhere'), join(out, 'p'))).rejects.toMatchObject({
    code: there ? 'network-missing' : expect.any(String),
  });
  if (!there) return;
  mkdirSync(join(out, 'letters'));
  writeFileSync(join(out, 'letters', 'dear.txt'), 'keep me');
  await expect(writePage(join(out, 'flowers'), join(out, 'letters'))).rejects.toMatchObject({
    code: 'folder-not-empty',
  });
  expect(readdirSync(join(out, 'letters'))).toEqual(['dear.txt']);
  const port = Number(new URL(served.address).port);
  await expect(servePage(out, port)).rejects.toMatchObject({ code: 'port-in-use' });
  // No address leads out of the folder.
  expect((await fetch(`${served.address}..%2f..%2fflowers/model.json`)).status).toBe(404);
});
