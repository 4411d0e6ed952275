// `npm test`: sets up, runs every test of the workspace, and ends with one line `N passed, N failed`.
// Further arguments go to vitest, such as `npm test -- --project engine`. The native engine is installed before where
// there is pip, unless the environment's OVERPARAM_NO_ENGINE says not to; without it its tests are skipped, loudly.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, root, runNode, setup } from './setup.mjs';

/** Counts vitest's JSON report. A file that could not be loaded, and so has no test to fail, is one failure. */
function count(report) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((test) => test.status);
    for (const status of statuses) {
      if (status === 'passed') counts.passed += 1;
      else if (status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    if (file.status === 'failed' && !statuses.includes('failed')) counts.failed += 1;
  }
  return counts;
}

await main(async () => {
  await setup();
  if (!process.env.OVERPARAM_NO_ENGINE) {
    const code = await runNode(['scripts/engine.mjs'], { source: true });
    if (code !== 0) return code;
  }
  const folder = mkdtempSync(join(tmpdir(), 'overparam-test-'));
  try {
    const file = join(folder, 'results.json');
    const code = await runNode([
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...process.argv.slice(2),
    ]);
    if (!existsSync(file)) {
      console.error(`\nThe test run ended with exit code ${code} before it could report.`);
      console.log('0 passed, 1 failed');
      return code || 1;
    }
    const counts = count(JSON.parse(readFileSync(file, 'utf8')));
    if (code !== 0 && counts.failed === 0) {
      console.error(
        `\nNo test failed, but the test run ended with exit code ${code} (see above); it counts as one failure.`,
      );
      counts.failed = 1;
    }
    if (counts.passed + counts.failed === 0) console.error('\nNo test ran.');
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
    return counts.failed > 0 || counts.passed === 0 ? code || 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
