import type { EngineInfo } from '@overparam/engine';
import type { LauncherChoice } from '@overparam/launchers';
import { completeSweep } from '@overparam/sweep';
import { completeConfig } from './complete';
import { type ControlledRow, controlsOf, recordingFor } from './controls';
import { type StartedEngine, startEngine } from './engine';
import type { LoadedConfig } from './read';
import { arrange, oneRow, type Request } from './rows';
import type { ConfigFile, RunConfig, RunLayer } from './schema';
import { type ResolvedSweep, resolveSweep, type SweptLayer } from './sweep';

/** A config made ready to be run on the engine that is now in use. */
export interface ResolvedConfig {
  readonly config: RunConfig;
  readonly engine: EngineInfo;
}

/** All runs of a comparison, made ready. */
export interface ResolvedComparison {
  readonly title: string;
  /** One entry a row, with the first seed. */
  readonly rows: readonly RunConfig[];
  readonly seeds: readonly (number | string)[];
  /** What a single-task reference is trained with, but for its task; null where there are none. */
  readonly reference: RunConfig | null;
  /** The definition of relative improvement that tables show. */
  readonly improvement: NonNullable<ConfigFile['improvement']>;
  /** A longer run whose time is projected; null for none. */
  readonly projection: ConfigFile['projection'] | null;
  /** What is chosen for each row before it is compared; null for nothing. */
  readonly sweep: ResolvedSweep | null;
  /** Where the runs compute. */
  readonly launcher: LauncherChoice;
  /** By row: whose control it is, where it trains the plain network as one; else null. */
  readonly controls: readonly (ControlledRow | null)[];
  readonly engine: EngineInfo;
}

/**
 * Starts the engine and completes the one run that a config and its request describe.
 *
 * @throws OverparamError for every mistake in the config, and `ambiguous-row` where more than one row is left
 */
export async function resolveConfig(loaded: LoadedConfig, request: Request): Promise<ResolvedConfig> {
  const arranged = arrange(loaded, request);
  const { info, choice }: StartedEngine = await startEngine(arranged.engine, request.processes);
  return {
    config: await completeConfig(oneRow(arranged.rowsOn(info.name)), choice, loaded),
    engine: info,
  };
}

/** Starts the engine and completes every row of a comparison; a plain config is a comparison of one row. */
export async function resolveComparison(loaded: LoadedConfig, request: Request): Promise<ResolvedComparison> {
  const arranged = arrange(loaded, request);
  const { info, choice } = await startEngine(arranged.engine, request.processes);
  const { rows, seeds, references } = arranged.rowsOn(info.name);
  const complete = (layer: RunLayer) => completeConfig({ ...layer, seed: seeds[0] }, choice, loaded);
  const done: RunConfig[] = [];
  for (const row of rows) done.push(await complete(row));
  const reference = references && (await complete(references));
  const { title, improvement, projection, launcher } = arranged;
  const controls = controlsOf(rows);
  const recorded = done.map((config, row) =>
    recordingFor(
      config,
      controls.flatMap((found) => (found?.of === row ? [found.control] : [])),
    ),
  );
  const layers: SweptLayer[] = rows.map((layer, row) => ({
    row,
    layer,
    config: done[row]!,
    // What it follows is chosen for the other row.
    settled: controls[row]?.control.follows != null,
  }));
  if (references && reference) layers.push({ row: 'reference', layer: references, config: reference });
  const sweep =
    arranged.sweep && (await resolveSweep(completeSweep(arranged.sweep, seeds), layers, complete));
  return {
    title,
    rows: recorded,
    seeds,
    reference,
    improvement,
    projection,
    sweep,
    launcher,
    controls,
    engine: info,
  };
}
