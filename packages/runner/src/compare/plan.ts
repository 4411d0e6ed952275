import { join } from 'node:path';
import type { RunConfig } from '@overparam/config';
import { OverparamError } from '@overparam/errors';
import { slug } from '@overparam/saved-runs';

/** One run of a comparison: a row with a seed, and where it lives. */
export interface PlannedRun {
  /** Index of the row. */
  readonly row: number;
  readonly seed: string;
  readonly label: string;
  readonly config: RunConfig;
  /** The run's folder. */
  readonly folder: string;
  /** The config that the run is started with. */
  readonly configFile: string;
}

/** The folder of one run of a comparison. */
export function runFolder(folder: string, label: string, seed: number | string): string {
  return join(folder, `${slug(label)}-seed${seed}`);
}

/**
 * All runs, seed by seed, so that each seed's comparison is whole as early as can be.
 *
 * @param rows    completed configs, one a row
 * @param folder  of the comparison
 * @param names   of the rows' folders, without the seed; null for a row that is not trained
 * @throws OverparamError `duplicate-row` where two rows would share a folder
 */
export function planRuns(
  rows: readonly RunConfig[],
  seeds: readonly (number | string)[],
  folder: string,
  names: readonly (string | null)[] = rows.map((row) => slug(row.label)),
): PlannedRun[] {
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first === index || name === null) return;
    throw new OverparamError(
      'duplicate-row',
      `rows[${first}] "${rows[first]?.label}" and rows[${index}] "${rows[index]?.label}" would share the folder "${name}". Give each row a label of its own.`,
    );
  });
  if (new Set(seeds.map(String)).size !== seeds.length) {
    throw new OverparamError('duplicate-seed', `seeds: each seed may stand once; got ${seeds.join(', ')}.`);
  }
  return seeds.flatMap((seed) =>
    rows.flatMap((config, row) => {
      const name = names[row];
      if (name == null) return [];
      return {
        row,
        seed: String(seed),
        label: config.label,
        config: { ...config, seed },
        folder: join(folder, `${name}-seed${seed}`),
        configFile: join(folder, 'configs', `${name}-seed${seed}.yaml`),
      };
    }),
  );
}
