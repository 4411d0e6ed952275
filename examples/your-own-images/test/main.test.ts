import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program of the workspace from its sources. */
async function run(...given: string[]): Promise<string> {
  const flags = ['--conditions=@overparam/source', '--import=tsx', ...given];
  return (await promisify(execFile)(process.execPath, flags, { cwd: root, maxBuffer: 1e8 })).stdout;
}

test('a folder of pictures becomes a comparison and its page', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-own-images-'));
  try {
    expect(await run(join(here, 'src', 'main.ts'), join(folder, 'things'), '10')).toMatch(/^40 pictures of/);
    const small = ['epochs=1', 'seeds=[1]', 'batch=16'].flatMap((setting) => ['--set', setting]);
    const out = join(folder, 'run');
    const given = [
      'compare',
      join(here, 'config.yaml'),
      '--data-dir',
      folder,
      '--out',
      out,
      '--engine',
      'wasm',
    ];
    expect(await run(join(root, 'scripts', 'cli.mjs'), ...given, ...small)).toContain('RepVGG');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Baseline');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
