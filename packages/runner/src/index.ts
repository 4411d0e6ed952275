/**
 * Configure, train, compare, collapse and report.
 *
 * @packageDocumentation
 */
export type { CompareCallbacks, ToldRun } from './compare/callbacks';
export { type Compared, type CompareOptions, compare } from './compare/compare';
export type { Outcome } from './compare/pool';
export { completeConfig } from './config/complete';
export type { Override } from './config/override';
export { parseOverride } from './config/override';
export { loadDefaultPlugins, loadPlugins } from './config/plugins';
export { type LoadedConfig, readConfig } from './config/read';
export { recipeOf } from './config/recipe';
export {
  type ResolvedComparison,
  type ResolvedConfig,
  resolveComparison,
  resolveConfig,
} from './config/resolve';
export type { Request } from './config/rows';
export {
  type Choice,
  type ConfigFile,
  configSchema,
  type HeadChoice,
  type LayerChoice,
  type RunConfig,
  type RunLayer,
} from './config/schema';
export { type DataConfig, openDataset } from './run/data';
export { type RunFolder, readRun } from './run/read-run';
export { type TrainOptions, train } from './run/train';
export { type RunStart, type TrainCallbacks, type TrainRunOptions, trainRun } from './run/train-run';
