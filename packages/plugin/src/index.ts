/**
 * The contracts for plugins, and what makes a plugin known by name.
 *
 * @packageDocumentation
 */
export { type Key, keyFromSeed, type OptionsSchema } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export type * from './contracts';
export { type JsonSchema, jsonSchemaOf } from './json-schema';
export { type CheckedOptions, checkOptions, type OptionProblem, parseOptions } from './options';
export {
  definePlugin,
  lookup,
  type PluginKind,
  type PluginPart,
  type PluginParts,
  registered,
  registerPlugin,
} from './registry';
export { describeOptions, type OptionDescription, optionNames } from './schema';
