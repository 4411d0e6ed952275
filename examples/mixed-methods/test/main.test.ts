import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const cwd = fileURLToPath(new URL('..', import.meta.url));

test('three methods expand one network, each where it was told, and all of it collapses', {
  timeout: 300_000,
}, async () => {
  const flags = ['--conditions=@overparam/source', '--import=tsx', main];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd });
  // A ResNet-50 has sixteen bottlenecks with a 3x3 convolution each, and a stem of 3x3.
  expect(stdout).toContain('fnl: 1 layers');
  expect(stdout).toContain('expandnets: 8 layers');
  expect(stdout).toContain('repvgg: 17 layers');
  const [, gap, wide, small] = /gap (\S+), (\d+) parameters in training, (\d+) deployed/.exec(stdout)!;
  expect(Number(gap)).toBeLessThan(1e-4);
  expect(Number(wide)).toBeGreaterThan(Number(small));
});
