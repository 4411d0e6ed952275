import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test("a model of one's own trains by model.fit, collapses and is written", { timeout: 300_000 }, async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'overparam-own-model-'));
  try {
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    const flags = ['--conditions=@overparam/source', `--import=${tsx}`, main, '2', '100'];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd });
    const losses = [...stdout.matchAll(/loss (\S+)$/gm)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(2);
    expect(losses[1]).toBeLessThan(losses[0]!);
    const [, expanded, collapsed] = /expanded (\S+) %, collapsed (\S+) %/.exec(stdout)!;
    expect(collapsed).toBe(expanded);
    const [, gap, wide, small] = /gap (\S+), (\d+) parameters in training, (\d+) deployed/.exec(stdout)!;
    expect(Number(gap)).toBeLessThan(1e-4);
    expect(Number(small)).toBe(
      3 * 9 * 16 + 16 + 16 * 9 * 16 + 16 + 16 * 9 * 32 + 32 + 32 * 9 * 64 + 64 + 64 * 10 + 10,
    );
    expect(Number(wide)).toBeGreaterThan(2 * Number(small));
    expect(readdirSync(join(cwd, 'runs', 'your-own-model'))).toContain('model.json');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
