import { type ConfigFile, loadConfig, parseOverride, resolveConfig } from '@overparam/config';
import type { RunResult } from '@overparam/report';
import { type TrainRunOptions, trainRun } from './train-run';

/** How {@link train} runs. */
export interface TrainOptions extends Omit<TrainRunOptions, 'dataDir' | 'configFolder' | 'crew'> {
  /** Folder of all datasets; `data` where absent. */
  readonly dataDir?: string;
  /** Overrides such as `lr.peak=0.2`, as `--set` takes them. */
  readonly set?: readonly string[];
  /** One of the config's variants. */
  readonly variant?: string;
}

/**
 * Trains one run from a config file's path or a config: starts the engine, loads plugins, trains, collapses,
 * verifies and evaluates, and leaves a run folder.
 *
 * @returns what `result.json` holds
 * @throws OverparamError for mistakes in the config, and as `trainRun`
 * @example
 * const result = await train('config.yaml', { out: 'runs/a', callbacks: { onEpoch: (line) => console.log(line) } });
 */
export async function train(config: string | ConfigFile, options: TrainOptions): Promise<RunResult> {
  const { set = [], variant, dataDir = 'data', ...rest } = options;
  const loaded = await loadConfig(config);
  const resolved = await resolveConfig(loaded, { overrides: set.map(parseOverride), variant });
  return trainRun(resolved.config, { ...rest, dataDir, configFolder: loaded.folder });
}
