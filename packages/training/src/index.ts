/**
 * The training step and loop for overparameterised networks, for one task or several. Values come in, never names; nothing
 * here reads or writes files.
 *
 * @packageDocumentation
 */
export type { Averages } from './averages';
export { type Balancing, balancingOf } from './balancing';
export { type BatchTensors, evaluationBatches, type TrainingBatches, trainingBatches } from './batches';
export { beginTraining } from './begin';
export { choicesOf } from './choices';
export { type Deployed, deploy, disposeDeployed, evaluateDeployed, type LayerGap } from './deploy';
export type { Moment } from './diagnose';
export {
  createEvaluator,
  type Evaluation,
  type EvaluationOptions,
  type Evaluator,
  predict,
} from './evaluate';
export { optimisedParameters, type WeightDecay } from './groups';
export {
  type LoopListeners,
  TrainingLoop,
  type TrainingState,
  type UpdateReport,
} from './loop';
export type { StepInputs } from './measure';
export {
  buildPlain,
  type Layout,
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
export type { Weighing } from './passes';
export { compilePhase, type PhaseParts } from './phase';
export type { UpdateOutcome } from './phase-steps';
export { phaseOf, planTraining, splitSize, stageAt, type TrainingPlan } from './plan';
export { type EpochSums, firstProgress, type Progress, type Sums } from './progress';
export type { Chosen, Recipe } from './recipe';
export type * from './records';
export { planRoutine, type RoutineRun } from './routine';
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
  type StepNetwork,
  type TrainingStep,
  type TrainingStepOptions,
  trainingStep,
  type UpdateMoment,
} from './step';
