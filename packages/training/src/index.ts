/**
 * The training step and loop for overparameterised networks, for one task or several. Values come in, never names; nothing
 * here reads or writes files.
 *
 * @packageDocumentation
 */

export type { GradientSums } from './accumulation';
export { type Agreement, type AgreementOptions, predictionAgreement } from './agreement';
export type { Averages } from './averages';
export { type Balancing, balancingOf } from './balancing';
export {
  type BatchTensors,
  evaluationBatches,
  type TrainingBatches,
  type TrainingBatchOptions,
  trainingBatches,
} from './batches';
export { beginTraining } from './begin';
export { choicesOf, lastEpochs } from './choices';
export { type Chosen, type Configurable, type Part, withOptions } from './chosen';
export type { Clipping } from './clip';
export { type Deployed, deploy, disposeDeployed, evaluateDeployed, type LayerGap } from './deploy';
export type { Moment } from './diagnose';
export { type EarlyStopping, isOver } from './early-stopping';
export type { ElementRule } from './elements';
export type { Erasing } from './erasing';
export {
  createEvaluator,
  type Evaluation,
  type EvaluationOptions,
  type Evaluator,
  predict,
} from './evaluate';
export { type ExpandNetworkOptions, expandNetwork } from './expand-network';
export { type Following, followedAt } from './following';
export { optimisedParameters, type WeightDecay } from './groups';
export { type HoldOutOptions, holdOut } from './hold-out';
export { type GainMeter, type GainParts, gainMeter, type LayerGains } from './layer-gains';
export type { ByLayer, LayerRecord, LayerRecording, RecordEvery } from './layer-records';
export { type Layout, layoutOf } from './layout';
export type { LoopListeners, UpdateReport } from './listeners';
export { firstDifference, type PlanDifference } from './longer';
export { TrainingLoop, type TrainingState } from './loop';
export type { StepInputs } from './measure';
export { estimateMemory, memoryNote } from './memory';
export type { Mixing } from './mixing';
export {
  buildPlain,
  type NetworkData,
  type NetworkOptions,
  type NetworkRecipe,
  networkFor,
  networkOfStage,
  type OnLayer,
  type TrainedNetwork,
  type TrainedParameter,
  trainedNetwork,
} from './network';
export type { ParameterRule } from './parameter-groups';
export type { Weighing } from './passes';
export { compilePhase, type PhaseParts } from './phase';
export type { ByTask, UpdateOutcome } from './phase-steps';
export { planTraining, type TrainingPlan } from './plan';
export { type EpochSums, firstProgress, type Progress, type Sums } from './progress';
export { defineRecipe, type Parts, type Recipe, type RecipeOptions } from './recipe';
export type * from './records';
export { type ReestimateOptions, reestimateNorms } from './reestimate';
export type { Regularising } from './regularising';
export { planRoutine, type RoutineRun } from './routine';
export { phaseOf, stageAt } from './schedule';
export { requireSplit, splitSize } from './splits';
export {
  changeStage,
  disposeTrained,
  equip,
  optimiserFor,
  type Trained,
  transferOf,
  variablesOf,
} from './stage';
export {
  type StepPosition,
  type TrainingStep,
  type TrainingStepOptions,
  trainingStep,
  type UpdateMoment,
} from './step';
export { checkTeam, type Team, type Teamwork } from './team';
export { trainingMultiplyAdds } from './training-cost';
export {
  type Averaged,
  type ExponentialAveraging,
  type LongAveraging,
  type StochasticAveraging,
  takeAverage,
  type WeightAverage,
  type WeightAveraging,
} from './weight-average';
