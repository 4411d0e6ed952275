import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundleSpecs } from './conformance/bundle';
import { libraryIsThere } from './library';

const run = promisify(execFile);

test.skipIf(!libraryIsThere())("tfjs-core's own specs pass, but for a few that are listed", async () => {
  const program = await bundleSpecs();
  const { stdout } = await run(process.execPath, [program], { maxBuffer: 2 ** 26 });
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { totals, unused } = lines.at(-1) as {
    totals: { passed: number; failed: number; skipped: number; pending: number };
    unused: string[];
  };
  expect(lines.filter((line) => 'failed' in line)).toEqual([]);
  expect(unused).toEqual([]);
  expect(totals.passed).toBeGreaterThan(4200);
  expect(totals.skipped + totals.pending).toBeLessThan(20);
});
