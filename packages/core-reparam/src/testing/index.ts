/**
 * The conformance kit for methods. Kits for the other kinds of plugins are in `@overparam/plugin/testing`.
 *
 * @packageDocumentation
 */
export { type KitEngine, kitEngines, onEngine } from './engines';
export { type MethodKit, testMethod } from './method';
export { type Reference, type ReferenceLayer, testReference } from './reference';
export { type Refusals, testRefusals } from './refusals';
