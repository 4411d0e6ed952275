/**
 * Conformance kits: what every plugin of a kind must hold, as tests for any test runner. The kit for methods is in
 * `@overparam/core-reparam/testing`, as it expands and collapses networks.
 *
 * @packageDocumentation
 */
export { type BackboneKit, testBackbone } from './testing/backbone';
export { type BalancerKit, testBalancer } from './testing/balancer';
export { type DatasetKit, testDataset } from './testing/dataset';
export { type RoutineKit, testRoutine } from './testing/routine';
export { type DefineTest, ensure } from './testing/runner';
export { type TaskKit, testTask } from './testing/task';
