/**
 * The contracts for plugins, what makes a plugin known by name, and what follows from a contract alone.
 *
 * @packageDocumentation
 */
export { type Key, keyFromSeed, type OptionsSchema } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export { checkBalancer } from './check-balancer';
export { checkRegulariser } from './check-regulariser';
export { type ChosenExamples, chooseExamples, type ExampleChoice } from './choose-examples';
export type * from './contracts';
export { drawShares } from './draw-shares';
export { matchesGroup } from './groups';
export { headOf, type OwnHeads } from './head-of';
export { type JsonSchema, jsonSchemaOf } from './json-schema';
export { type CheckedOptions, checkOptions, type OptionProblem, parseOptions } from './options';
export {
  definedBy,
  definePlugin,
  importedPart,
  lookup,
  type PluginKind,
  type PluginPart,
  type PluginParts,
  registered,
  registerPlugin,
} from './registry';
export { describeOptions, type OptionDescription, optionNames } from './schema';
