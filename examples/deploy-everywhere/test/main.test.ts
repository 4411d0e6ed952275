import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const cwd = fileURLToPath(new URL('..', import.meta.url));

test('one network goes into every format, each compared; what a machine lacks is said', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'overparam-everywhere-'));
  try {
    const flags = ['--conditions=@overparam/source', '--import=tsx', main, folder];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd });
    const lines = stdout
      .trim()
      .split('\n')
      .filter((line) => /^(onnx|tfjs|safetensors|saved-model) /.test(line));
    expect(lines).toHaveLength(4);
    for (const line of lines.filter((text) => !text.includes('not written')))
      expect(Number(line.split(/\s+/)[1]), line).toBeLessThan(1e-5);
    // What needs nothing but the packages is always there.
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['onnx', 'tfjs', 'safetensors']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
