/**
 * Configure, train, compare, collapse and report.
 *
 * @packageDocumentation
 */

export {
  type Choice,
  type ConfigFile,
  completeConfig,
  configSchema,
  type HeadChoice,
  type LayerChoice,
  type LoadedConfig,
  loadDefaultPlugins,
  loadPlugins,
  type Override,
  parseOverride,
  type Request,
  type ResolvedComparison,
  type ResolvedConfig,
  type RunConfig,
  type RunLayer,
  readConfig,
  recipeOf,
  resolveComparison,
  resolveConfig,
} from '@overparam/config';
export { type RunFolder, readRun } from '@overparam/saved-runs';
export type { CompareCallbacks, RunFigures, ToldRun } from './compare/callbacks';
export { type Compared, type CompareOptions, compare } from './compare/compare';
export type { Outcome } from './compare/pool';
export { type DataConfig, openDataset } from './run/data';
export { type TrainOptions, train } from './run/train';
export { type RunStart, type TrainCallbacks, type TrainRunOptions, trainRun } from './run/train-run';
