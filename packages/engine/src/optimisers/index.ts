export type { AdamConfig } from './adam';
export { registerOptimiserKernels } from './kernels';
export type { OptimiserKind } from './kind';
export {
  createOptimiser,
  type OptimisedParameter,
  type Optimiser,
  type OptimiserConfig,
  optimisers,
  type UpdateOptions,
} from './optimiser';
export type { SgdConfig } from './sgd';
