export * from '@overparam/errors';
export { type Backward, backwardPasses } from './backward';
export { type KernelChoices, kernelChoices, useKernelChoices } from './choices';
export {
  type CompiledStep,
  type CompileOptions,
  type CompilingBackend,
  compile,
  estimatePasses,
  type PassMemory,
  type Tensors,
} from './compile';
export { type ConvolutionOptions, convolution, type Padding } from './convolution';
export { type EngineInfo, type EngineOptions, useEngine } from './engine';
export { type Engine, type EngineName, type EngineThreads, engines } from './engines';
export { allFinite } from './finite';
export { isDifferentiatedTwice, recordedGradients, twiceDifferentiable } from './gradients/recorded';
export { installTraining } from './install';
export { inverseSquareRoot } from './inverse-square-root';
export { trainingKernels } from './kernels/names';
export * from './keys';
export { inferenceBatchNorm, type TrainingBatchNorm, trainingBatchNorm } from './norm';
export * from './optimisers';
export type { OptionsSchema, SchemaIssue, Validated } from './options/options-schema';
export { type Block, type Key, philox4x32 } from './philox';
export { type Precision, precisionProblem, precisions, requirePrecision, widened } from './precision';
export { type OpTiming, type PrecisionTiming, timePrecisions } from './precision-timing';
export * from './random';
export { type Recompute, recomputes, requireRecompute } from './recompute';
export * from './schedule';
export { countOfBatch, meanOfBatch, withSharedNorms } from './shared-norms';
export { type Share, shareOf, WorkerSums, type Workers } from './workers';
