/**
 * The contracts for plugins, what makes a plugin known by name, and what follows from a contract alone.
 *
 * @packageDocumentation
 */
export { type Key, keyFromSeed } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export { checkBalancer } from './check-balancer';
export type * from './contracts';
export { matchesGroup } from './groups';
export { headOf, type OwnHeads } from './head-of';
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
