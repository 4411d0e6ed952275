/**
 * Overparameterise any TensorFlow.js network for training, and collapse it exactly for deployment.
 *
 * @packageDocumentation
 */

export { type Key, keyFromSeed } from '@overparam/engine';
export { isOverparamError, OverparamError } from '@overparam/errors';
export { type Eigen, symmetricEigen, symmetricEigenvalues } from './algebra/eigen';
export { inputChannels } from './algebra/geometry';
export { centreKernel, composeKernels, identityKernel, responseToConstant } from './algebra/kernels';
export { foldNorm, normFactor, normOfZero, normThatAdds, updateRunning } from './algebra/norms';
export { effectiveRank, singularValues } from './algebra/spectrum';
export { gapBetween } from './closeness';
export { type Collapsed, type CollapseOptions, collapse } from './collapse';
export { type Cost, type CostCard, costCard, type LayerCost } from './cost-card';
export { type ExpandOptions, expand } from './expand';
export { type ForwardOptions, forward } from './forward';
export { branchCosines, type LayerShape, type LayerShapeOptions, layerShapes } from './layer-shapes';
export { type Decisions, type RecordedDecisions, recordDecisions } from './network/decisions';
export type { Norms } from './network/deploy';
export { dropoutMasks } from './network/dropout-masks';
export {
  type ConstrainedWeight,
  constrainedWeights,
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
} from './network/parameters';
export { type SiteReport, type SiteSettings, type Statistics, sitesOf } from './network/sites';
export { batchesToObserve, gradientMaps, type ObservationMoment, observe } from './observe';
export { plain } from './plain';
export { drawProbes, type Probes } from './probes';
export { isRanking, type Ranking, type Score } from './ranking';
export type { Selector } from './select';
export type { Selection } from './selection';
export {
  type Branch,
  type BranchSpace,
  type BranchStep,
  branchSpace,
  defaultNorm,
} from './spaces/branch-space';
export { branchesWithNorms, withoutCentre } from './spaces/branches-with-norms';
export { defaultKernel, firstValues } from './spaces/first-values';
export { momentsOf, type PixelStatistics, statisticsOf } from './spaces/pixel-moments';
export { type WeightSpace, weightSpace } from './spaces/weight-space';
export { defaultTolerance } from './tolerance';
export { type LayerGap, type VerifyOptions, type VerifyReport, verify } from './verify';
