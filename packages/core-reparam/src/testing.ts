/**
 * Conformance kits: what every plugin of a kind must hold, as tests for any test runner.
 *
 * @packageDocumentation
 */
export { type BackboneKit, testBackbone } from './testing/backbone';
export { type BalancerKit, testBalancer } from './testing/balancer';
export { type DatasetKit, testDataset } from './testing/dataset';
export { type MethodKit, testMethod } from './testing/method';
export { type RoutineKit, testRoutine } from './testing/routine';
export type { DefineTest } from './testing/runner';
export { type TaskKit, testTask } from './testing/task';
