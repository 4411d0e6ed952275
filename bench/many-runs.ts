import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goOver, type Took } from '../packages/runner/test/support/many-runs';

/** What going over many made-up runs took. */
export interface ManyRuns extends Took {
  readonly runs: number;
  /** Seconds. */
  readonly together: number;
  /** Bytes that the process had resident at most. */
  readonly memory: number;
}

/** Plans, collects and draws a comparison of 100 rows and 10 seeds, of 15 epochs each; 10 rows and 2 seeds in the short form. */
export async function manyRuns(short: boolean): Promise<ManyRuns> {
  const many = short ? { rows: 10, seeds: 2, epochs: 15 } : { rows: 100, seeds: 10, epochs: 15 };
  const folder = mkdtempSync(join(tmpdir(), 'overparam-many-'));
  try {
    const took = await goOver(join(folder, 'runs'), many);
    return {
      ...took,
      runs: many.rows * many.seeds,
      together: took.planned + took.collected + took.drawn,
      memory: 1024 * process.resourceUsage().maxRSS,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
