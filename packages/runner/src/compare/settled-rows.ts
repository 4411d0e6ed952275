import type { RunConfig } from '@overparam/config';
import type { Chosen, RowRecord } from '@overparam/report';
import { slug } from '@overparam/saved-runs';
import type { SweptRow } from './choose';
import type { PlannedRow } from './prepare';
import type { RunPlans } from './run-plans';
import { settingSlug } from './trials';

/** The rows of a comparison as they are trained in the end. */
export interface SettledRows {
  readonly configs: readonly RunConfig[];
  readonly planned: readonly PlannedRow[];
  /** Names of their folders, without the seed; null for a row that found no setting. */
  readonly folders: readonly (string | null)[];
}

/**
 * The rows with what was chosen for them. A row's folder is named after its setting, so that another choice, as where a run
 * that had failed was mended, takes nothing from the runs of the former.
 *
 * @param all      rows, then references, as configured
 * @param planned  of the same
 * @param chosen   null where nothing is chosen, or choosing was stopped
 */
export async function settledRows(
  all: readonly RunConfig[],
  planned: readonly PlannedRow[],
  swept: readonly SweptRow[],
  chosen: Chosen | null,
  plans: RunPlans,
): Promise<SettledRows> {
  const configs = [...all];
  const plannedRows = [...planned];
  const folders: (string | null)[] = all.map(({ label }) => slug(label));
  for (const [at, row] of swept.entries()) {
    const { setting = null } = chosen?.rows[at] ?? {};
    folders[row.index] = null;
    if (setting === null) continue;
    const config = await row.configWith(setting);
    configs[row.index] = config;
    plannedRows[row.index] = await plans.of({ config, folder: '' });
    folders[row.index] = `${slug(config.label)}-${settingSlug(setting)}`;
  }
  return { configs, planned: plannedRows, folders };
}

/** The record of a row that found no setting: every seed failed, for the reason of the first setting. */
export function withoutChoice(
  record: RowRecord,
  chosen: Chosen | null,
  isSwept: boolean,
  seeds: readonly (number | string)[],
): RowRecord {
  const own = isSwept ? chosen?.rows.find(({ label }) => label === record.label) : undefined;
  if (own === undefined || own.setting !== null) return record;
  const reason = own.tried[0]?.failure ?? '';
  const message = `No setting could be chosen, as all ${own.tried.length} failed. The first: ${reason}`;
  return { ...record, failures: seeds.map((seed) => ({ seed: String(seed), message })) };
}
