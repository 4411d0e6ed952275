import {
  type ControlledRow,
  followerOf,
  type ResolvedComparison,
  type RunConfig,
  recipeOf,
  recordingFor,
} from '@overparam/config';
import type { Outcome } from '@overparam/launchers';
import type { RowRecord } from '@overparam/report';
import { slug } from '@overparam/saved-runs';
import { planTraining, trainingMultiplyAdds } from '@overparam/training';
import { openDataset } from '../run/data';
import type { PlannedRun } from './plan';
import type { SettledRows } from './settled-rows';

type Controls = readonly (ControlledRow | null)[];

/** Whether a row follows another one's runs. */
export function isFollower(controls: Controls, row: number): boolean {
  return controls[row]?.control.follows != null;
}

async function costOf(row: RunConfig, dataDir: string, signal: AbortSignal): Promise<number> {
  const dataset = await openDataset(row, dataDir, signal);
  try {
    return await trainingMultiplyAdds(planTraining(recipeOf(row), dataset));
  } finally {
    await dataset.close();
  }
}

/** What rows train with so that they compute as much as others. */
export interface EqualCompute {
  readonly resolved: ResolvedComparison;
  /** A row's config, the row by its index, with the epochs that it trains. */
  adjust(row: number, config: RunConfig): RunConfig;
}

/**
 * Gives the controls `equalCompute` as many epochs as cost what the training of the rows does that they are of.
 *
 * @param note  told what each trains, and why
 */
export async function equalCompute(
  resolved: ResolvedComparison,
  { dataDir, signal, note }: { dataDir: string; signal: AbortSignal; note(text: string): void },
): Promise<EqualCompute> {
  const { rows, controls } = resolved;
  const factors = new Map<number, number>();
  for (const [row, found] of controls.entries()) {
    if (found?.control.name !== 'equalCompute') continue;
    const of = rows[found.of]!;
    const factor = (await costOf(of, dataDir, signal)) / (await costOf(rows[row]!, dataDir, signal));
    factors.set(row, factor);
    note(
      `${rows[row]!.label} trains ${epochsAt(of.epochs, factor)} epochs where ${of.label} trains ${of.epochs}, as an update of that one takes ${factor.toFixed(2)} times its multiply-adds.`,
    );
  }
  const adjust = (row: number, config: RunConfig) => {
    const factor = factors.get(row);
    return factor === undefined ? config : { ...config, epochs: epochsAt(config.epochs, factor) };
  };
  return { resolved: { ...resolved, rows: rows.map((config, row) => adjust(row, config)) }, adjust };
}

function epochsAt(epochs: number, factor: number): number {
  return Math.max(1, Math.round(epochs * factor));
}

/**
 * Rows that are settled, with what controls ask of others and take over from them: what was chosen for a row holds for those
 * that follow it.
 */
export function withControls(settled: SettledRows, controls: Controls): SettledRows {
  const of = (row: number) => controls[row]!.of;
  const configs = settled.configs.map((config, row) => {
    if (isFollower(controls, row)) return followerOf(config, settled.configs[of(row)]!);
    const own = controls.flatMap((found) => (found?.of === row ? [found.control] : []));
    return recordingFor(config, own);
  });
  const folders = settled.folders.map((folder, row) => {
    if (!isFollower(controls, row)) return folder;
    const base = settled.folders[of(row)];
    // The same setting's name behind its own label.
    return base == null ? null : slug(configs[row]!.label) + base.slice(slug(configs[of(row)]!.label).length);
  });
  const planned = settled.planned.map((plan, row) =>
    isFollower(controls, row) ? settled.planned[of(row)]! : plan,
  );
  return { configs, planned, folders };
}

/** Runs with the folders of those that they follow, of the same seed. */
export function followRuns(runs: readonly PlannedRun[], controls: Controls): PlannedRun[] {
  return runs.map((run) => {
    const found = controls[run.row];
    const what = found?.control.follows;
    if (!found || what == null) return run;
    const followed = runs.find(({ row, seed }) => row === found.of && seed === run.seed);
    return followed ? { ...run, config: { ...run.config, follows: { what, run: followed.folder } } } : run;
  });
}

/**
 * Trains runs that stand by themselves, then those that follow others. Where some of the first are not waited for, or were
 * stopped, none of those that follow begins: it would find no finished run.
 *
 * @returns one outcome a run, in the order of `runs`
 */
export async function trainInOrder(
  runs: readonly PlannedRun[],
  train: (wave: readonly PlannedRun[]) => Promise<readonly Outcome[]>,
): Promise<Outcome[]> {
  const ended = new Map<PlannedRun, Outcome>();
  const put = (wave: readonly PlannedRun[], outcomes: readonly Outcome[]) =>
    wave.forEach((run, index) => void ended.set(run, outcomes[index]!));
  const alone = runs.filter(({ config }) => config.follows === null);
  const following = runs.filter(({ config }) => config.follows !== null);
  put(alone, await train(alone));
  const open = [...ended.values()].find(({ kind }) => kind === 'left' || kind === 'stopped');
  put(following, open ? following.map(() => open) : await train(following));
  return runs.map((run) => ended.get(run)!);
}

/** The record of a row whose other row found no setting: every seed failed, for that reason. */
export function withoutFollowed(
  record: RowRecord,
  row: number,
  { folders, configs }: SettledRows,
  controls: Controls,
  seeds: readonly (number | string)[],
): RowRecord {
  if (!isFollower(controls, row) || folders[row] !== null) return record;
  const message = `It follows "${configs[controls[row]!.of]!.label}", for which no setting could be chosen.`;
  return { ...record, failures: seeds.map((seed) => ({ seed: String(seed), message })) };
}
