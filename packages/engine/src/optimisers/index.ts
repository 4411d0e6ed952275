export type { AdamConfig } from './adam';
export { registerOptimiserKernels } from './kernels';
export {
  createOptimiser,
  type OptimisedParameter,
  type Optimiser,
  type OptimiserConfig,
  type UpdateOptions,
} from './optimiser';
export type { SgdConfig } from './sgd';
