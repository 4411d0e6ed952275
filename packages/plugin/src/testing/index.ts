/**
 * Conformance kits: what every plugin of a kind must hold, as tests for any test runner. The kit for methods is in
 * `@overparam/core-reparam/testing`, as it expands and collapses networks.
 *
 * @packageDocumentation
 */
export { type BackboneKit, testBackbone } from './backbone';
export { type BalancerKit, testBalancer } from './balancer';
export { type DatasetKit, testDataset } from './dataset';
export { type RegulariserKit, testRegulariser } from './regulariser';
export { type RoutineKit, testRoutine } from './routine';
export { type DefineTest, ensure, patient } from './runner';
export { type TaskKit, testTask } from './task';
