import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writePage } from '@overparam/browser';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const config = fileURLToPath(new URL('../config.yaml', import.meta.url));
const builder = join(root, 'packages', 'browser', 'scripts', 'build-page.mjs');

test('a run becomes a page with its network in two forms and its own pictures', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-browser-'));
  try {
    const small = [
      'epochs=1',
      'batch=2',
      'dataset.size=[32,32]',
      'backbone.width=4',
      'limit.train=2',
      'limit.test=2',
    ].flatMap((setting) => ['--set', setting]);
    const flags = ['--conditions=@overparam/source', '--import=tsx', join(root, 'scripts', 'cli.mjs')];
    const run = join(folder, 'run');
    const given = ['train', config, '--out', run, '--engine', 'wasm', ...small];
    await promisify(execFile)(process.execPath, [...flags, ...given], { cwd: root });
    if (!existsSync(join(root, 'packages', 'browser', 'dist', 'page', 'index.html')))
      await promisify(execFile)(process.execPath, [builder]);
    const { pictures, networks } = await writePage(run, join(folder, 'page'), { title: 'Rooms' });
    expect(pictures).toBeGreaterThan(0);
    expect(networks).toEqual([null]);
    const page = JSON.parse(readFileSync(join(folder, 'page', 'networks.json'), 'utf8')) as { title: string };
    expect(page.title).toBe('Rooms');
    for (const file of ['model.onnx', 'model.json'])
      expect(existsSync(join(folder, 'page', 'network-0', file))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
