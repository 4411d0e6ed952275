/**
 * Overparameterise any TensorFlow.js network for training, and collapse it exactly for deployment.
 *
 * @packageDocumentation
 */

export { type Key, keyFromSeed } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export { centreKernel, composeKernels, identityKernel, responseToConstant } from './algebra/kernels';
export { foldNorm, normFactor, normOfZero, normThatAdds, updateRunning } from './algebra/norms';
export { gapBetween } from './closeness';
export { type Collapsed, type CollapseOptions, collapse } from './collapse';
export { type Cost, type CostCard, costCard } from './cost-card';
export type { Norms } from './deploy';
export { type ExpandOptions, expand, type Selection } from './expand';
export { type ForwardOptions, forward } from './forward';
export { type Decisions, type RecordedDecisions, recordDecisions } from './network/decisions';
export { dropoutMasks } from './network/dropout-layer';
export {
  decayPenalty,
  type ExpandedSite,
  expansionsOf,
  ownPenalty,
  type Parameter,
  parameterGroups,
  parametersOf,
  type StateVariable,
  statesOf,
  trunksStayApart,
  trunkTasks,
} from './parameters';
export { plain } from './plain';
export type { Selector } from './select';
export { type SiteReport, type SiteSettings, type Statistics, sitesOf } from './sites';
export {
  type Branch,
  type BranchSpace,
  type BranchStep,
  branchSpace,
  defaultNorm,
} from './spaces/branch-space';
export { type WeightSpace, weightSpace } from './spaces/weight-space';
export { defaultTolerance, type LayerGap, type VerifyOptions, type VerifyReport, verify } from './verify';
