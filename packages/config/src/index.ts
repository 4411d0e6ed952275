/**
 * What is to be trained: configs, their rows and layers, the plugins that they name, and their JSON schema.
 *
 * @packageDocumentation
 */
export { completeConfig, defaults } from './complete';
export {
  type Control,
  type ControlledRow,
  type Follows,
  followerOf,
  type PlainControl,
  plainControls,
  recordingFor,
} from './controls';
export type { EngineRequest } from './engine';
export { checkHeadTasks, headChoice, isForAll } from './heads';
export { idleNotes } from './idle';
export { configJsonSchema } from './json-schema';
export { configKeys } from './keys';
export type { LayerChoice, LayerRanking } from './layer-schema';
export { mergeLayers } from './merge';
export { applyOverrides, type Override, parseOverride, parseSweep } from './override';
export { loadDefaultPlugins, loadPlugins, movePlugins } from './plugins';
export { checked } from './problem';
export { type LoadedConfig, loadConfig, readConfig } from './read';
export { chosen, recipeOf } from './recipe';
export { choiceText, recipeDifferences, recipeText } from './recipe-text';
export { type ResolvedComparison, type ResolvedConfig, resolveComparison, resolveConfig } from './resolve';
export { type Arranged, arrange, oneRow, type Request, type Rows } from './rows';
export { checkSaved, configSum, configText, differences } from './saved';
export {
  type Choice,
  type ConfigFile,
  configSchema,
  type HeadChoice,
  type RunConfig,
  type RunLayer,
} from './schema';
export type { ResolvedSweep } from './sweep';
export { checkTaskOptions, chooseTasks, taskOf } from './tasks';
export { parseYaml } from './yaml';
