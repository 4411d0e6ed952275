import { observe } from '@overparam/core-reparam';
import {
  createOptimiser,
  type Key,
  keyFromSeed,
  type Optimiser,
  type OptimiserConfig,
  type Precision,
  type Recompute,
  requirePrecision,
  requireRecompute,
} from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type {
  Balancer,
  BalancerState,
  GradientSpace,
  Network,
  Phase,
  Regulariser,
  Schedule,
  Task,
} from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import { createGradientSums } from './accumulation';
import { createAverages } from './averages';
import { balancingOf, checkBalancedNetwork } from './balancing';
import { chosenOf, type Part } from './chosen';
import type { Clipping } from './clip';
import { noDecay, optimisedParameters, type WeightDecay } from './groups';
import type { StepInputs } from './measure';
import { checkRules, type ParameterRule } from './parameter-groups';
import { PhaseSteps, type UpdateOutcome } from './phase-steps';
import { checkRegularisedNetwork, regularisingOf } from './regularising';
import { followedTask } from './routes';
import { applySchedule, phaseOf } from './schedule';
import type { Trained } from './stage';
import { checkBatch, checkPhase, checkSecond, checkStages, listNetwork } from './step-checks';
import { checkAveraging, createWeightAverage, type WeightAveraging } from './weight-average';

/** What {@link trainingStep} trains, and how. */
export interface TrainingStepOptions {
  /**
   * What `expandNetwork` or `expand` made, with what a backbone says of its layers where there is such; stays the
   * caller's.
   */
  readonly network: LayersModel | Network;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** What moves, and on whose loss: all of it on the balanced sum where neither this nor a schedule is given. */
  readonly phase?: Phase;
  /** A routine's plan, which names the phase of each update, in place of a phase; see `planRoutine`. */
  readonly schedule?: Schedule;
  /** Weighs the tasks' losses; their plain sum where left out. With options by `withOptions`. */
  readonly balancer?: Part<Balancer>;
  /** Which gradients a balancer compares; those of all shared `parameters` where left out. */
  readonly gradients?: GradientSpace;
  /** Adds to the loss of several tasks; nothing where left out. */
  readonly regulariser?: Part<Regulariser>;
  /** What the step makes its own from, or one that the caller made for the network's parameters and disposes. */
  readonly optimiser: OptimiserConfig | Optimiser;
  /** None where left out. An optimiser of the caller's own decays by itself; methods' penalties take the coefficient. */
  readonly weightDecay?: WeightDecay;
  /** How parameters differ by pattern or role; none where left out. */
  readonly parameterGroups?: readonly ParameterRule[];
  /** Batches whose mean gradient the optimiser moves by, at the last of them; 1 where left out. */
  readonly accumulate?: number;
  /** The largest gradients that an update takes; all are where left out. */
  readonly clip?: Clipping | null;
  /** Averages the weights beside the network, in `trained.weightAverage`; not where left out. */
  readonly averageWeights?: WeightAveraging | null;
  /** Decides dropout and what a balancer draws; that of seed 0 where left out. */
  readonly key?: Key;
  /** What activations are computed in; `float32` where left out. */
  readonly precision?: Precision;
  /** Whether what is inside blocks is made again for the backward pass, to save memory; `none` where left out. */
  readonly recompute?: Recompute;
  /** Where an earlier step got to; the beginning where left out. */
  readonly from?: StepPosition;
}

/** What a step knows from one update to the next, beside its tensors. */
export interface StepPosition {
  /** Updates done. */
  readonly update: number;
  /** What the balancer remembers, as the last outcome has it. */
  readonly balancer: BalancerState | null;
  /** Epochs before that of the last update; null before the first, as where left out. */
  readonly epoch?: number | null;
}

/** When an update happens. */
export interface UpdateMoment {
  /** Learning rate. */
  readonly rate: number;
  /** Updates before this one; one more than at the call before where left out. */
  readonly update?: number;
  /**
   * Epochs before this one, for balancers that ask, and for expansions that look at activations: they see the first batch
   * of an epoch before it is trained on. 0 where left out.
   */
  readonly epoch?: number;
  /** Another batch, drawn independently, for balancers that compare two; see `readSecond`. Stays the caller's. */
  readonly second?: StepInputs;
}

/** One update of a network: call it with a batch, one call after the other. */
export interface TrainingStep {
  /**
   * @param batch  `x`, and `label/<task>` for each task, as `trainingBatches` reads them; stays the caller's
   * @throws OverparamError `non-finite`, with the layer where that begins; parameters are then as they were.
   *   `step-disposed`; `batch-incomplete`
   */
  (batch: StepInputs, moment: UpdateMoment): Promise<UpdateOutcome>;
  /** What moves: the network, and what the step made for it. `variablesOf` names its tensors, to save and restore. */
  readonly trained: Trained;
  /** Frees the compiled steps and what was made for the network, which stays. */
  dispose(): void;
}

const everything: Phase = { name: 'all', stage: 'expanded', moves: [{}], rates: [], loss: 'balanced' };

/**
 * A training step for anyone's network: forward passes, the balancer, gradients routed by task, and the optimiser,
 * compiled where the engine can.
 *
 * @throws OverparamError `not-expanded` for a network without expanded layers, `task-mismatch` where outputs and tasks
 *   do not fit, `empty-phase` for a phase that moves nothing, `unsupported-balancer` for a balancer that needs what the
 *   step cannot give, `unsupported-routine` for a schedule that changes the network; `invalid-optimiser`; `precision-unsupported`,
 *   `unknown-recompute`, `empty-group`
 * @example
 * const network = expandNetwork(model, { method: trirep, tasks, key });
 * const step = trainingStep({ network, tasks, balancer: upgrad, optimiser: { name: 'adam' } });
 * const { loss } = await step(batch, { rate: 1e-3 });
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const {
    tasks,
    phase = everything,
    schedule,
    weightDecay = noDecay,
    parameterGroups = [],
    accumulate = 1,
    clip = null,
    averageWeights = null,
    key = keyFromSeed(0),
    precision = 'float32',
    recompute = 'none',
  } = options;
  requirePrecision(precision);
  requireRecompute(recompute);
  const network = listNetwork(options.network, tasks);
  if (schedule) checkStages(schedule);
  for (const each of schedule?.phases ?? [phase]) checkPhase(each, network, tasks, schedule !== undefined);
  const balancer = options.balancer ? chosenOf(options.balancer) : null;
  checkAveraging(averageWeights, accumulate);
  const names = tasks.map(({ name }) => name);
  const balancing = balancingOf(balancer, names, options.gradients ?? 'parameters');
  const regularising = regularisingOf(options.regulariser ? chosenOf(options.regulariser) : null, {
    tasks: names,
    // Batches come later, of any size.
    batch: Number.MAX_SAFE_INTEGER,
    precision,
  });
  if (regularising) checkRegularisedNetwork(regularising, network);
  if (balancing) checkBalancedNetwork(balancing, network.trunks, network.layout.representations);

  checkRules(parameterGroups, network.parameters);
  const own = isOptimiser(options.optimiser)
    ? null
    : createOptimiser(
        options.optimiser,
        optimisedParameters(network.parameters, weightDecay, parameterGroups),
      );
  const optimiser = own ?? (options.optimiser as Optimiser);
  const averages = balancing?.needs.averages ? createAverages(network, tasks) : null;
  const gradientSums = accumulate > 1 ? createGradientSums(network, accumulate) : null;
  const weightAverage = averageWeights ? createWeightAverage(network) : null;
  const trained: Trained = { network, optimiser, averages, weightAverage, gradientSums };
  const steps = new PhaseSteps({
    trained,
    tasks,
    balancing,
    regularising,
    key,
    penalty: weightDecay.coefficient,
    parameterGroups,
    clip,
    averaging: averageWeights,
    precision,
    recompute,
  });
  let position: StepPosition = options.from ?? { update: 0, balancer: null };
  let disposed = false;

  const run = async (batch: StepInputs, moment: UpdateMoment): Promise<UpdateOutcome> => {
    if (disposed) {
      throw new OverparamError('step-disposed', 'This training step was disposed. Make a new one.');
    }
    checkBatch(batch, tasks);
    const { rate, update = position.update, epoch = 0, second = null } = moment;
    const scheduled = schedule?.at(update);
    if (scheduled) applySchedule(trained, scheduled);
    if (epoch !== (position.epoch ?? null)) await observe(network.model, [batch.x!], { epoch });
    const current = schedule && scheduled ? phaseOf(schedule, scheduled.phase) : phase;
    const isCompared = balancing?.needs.secondBatch && followedTask(current) === null;
    if (isCompared) checkSecond(balancing.name, second, tasks);
    const at = { update, epoch, rate };
    const outcome = await steps.run(current, batch, at, position.balancer, isCompared ? second : null);
    position = { update: update + 1, balancer: outcome.balancer, epoch };
    return outcome;
  };
  const dispose = () => {
    if (disposed) return;
    disposed = true;
    steps.dispose();
    own?.dispose();
    averages?.dispose();
    weightAverage?.dispose();
    gradientSums?.dispose();
  };
  return Object.assign(run, { trained, dispose });
}

function isOptimiser(given: Optimiser | OptimiserConfig): given is Optimiser {
  return 'update' in given;
}
