/**
 * The contracts for plugins, and what makes a plugin known by name.
 *
 * @packageDocumentation
 */
export { type Key, keyFromSeed } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export { type ChosenExamples, chooseExamples, type ExampleChoice } from './choose-examples';
export type * from './contracts';
export { parseOptions } from './options';
export {
  definePlugin,
  lookup,
  type PluginKind,
  type PluginPart,
  type PluginParts,
  registered,
  registerPlugin,
} from './registry';
