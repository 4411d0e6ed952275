import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('a checkpoint of PyTorch with three branches a block becomes a plain network', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-pytorch-repvgg-'));
  try {
    const checkpoint = join(root, 'packages', 'import', 'test', 'fixtures', 'networks', 'repvgg.pth');
    const flags = ['--conditions=@overparam/source', '--import=tsx', join(root, 'scripts', 'cli.mjs')];
    const given = ['import', checkpoint, '--out', join(folder, 'network')];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...given], { cwd: root });
    expect(stdout).toMatch(/collapsed +\d+ blocks of repvgg/);
    expect(Number(/gap to the file itself +(\S+)/.exec(stdout)![1])).toBeLessThan(1e-4);
    expect(readdirSync(join(folder, 'network'))).toContain('weights.safetensors');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
