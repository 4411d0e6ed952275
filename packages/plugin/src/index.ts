/**
 * The contracts for plugins, and what makes a plugin known by name.
 *
 * @packageDocumentation
 */
export { type Key, keyFromSeed } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export { checkBalancer } from './check-balancer';
export type * from './contracts';
export { parseOptions } from './options';
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
