import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

/** The example's program, run for some epochs. */
async function printed(epochs: number): Promise<string> {
  const flags = ['--conditions=@overparam/source', '--import=tsx', main, String(epochs)];
  return (await promisify(execFile)(process.execPath, flags, { cwd: root })).stdout;
}

test('SegNet learns three tasks by UPGrad and a routine, and collapses', { timeout: 300_000 }, async () => {
  const output = await printed(3);
  const losses = [...output.matchAll(/^epoch \d+: loss (\S+)$/gm)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(3);
  expect(losses[1]).toBeLessThan(losses[0]!);
  expect(losses[2]).toBeLessThan(losses[1]!);
  const [, gap, wide, deployed] = /gap (\S+), (\d+) parameters in training, (\d+) deployed/.exec(output)!;
  expect(Number(gap)).toBeLessThan(1e-4);
  // Frames, and a core for each task: all of it goes into the plain SegNet of this width.
  expect([Number(wide), Number(deployed)]).toEqual([1_700_564, 392_393]);
  for (const figure of ['mIoU', 'absoluteError', 'meanAngle']) expect(output).toContain(figure);
});

test('in at most 30 lines, imports not counted', () => {
  const code = readFileSync(main, 'utf8').replace(/^import [^;]*;$/gm, '');
  const lines = code.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  expect(lines.length).toBeLessThanOrEqual(30);
  expect(lines.length).toBeGreaterThan(10);
});
