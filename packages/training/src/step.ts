import { expansionsOf } from '@overparam/core-reparam';
import {
  createOptimiser,
  type Key,
  keyFromSeed,
  type Optimiser,
  type OptimiserConfig,
} from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import {
  type Balancer,
  type BalancerState,
  type GradientSpace,
  matchesGroup,
  type Network,
  type Phase,
  parseOptions,
  type Schedule,
  type Task,
} from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import { createAverages } from './averages';
import { type Balancing, balancingOf, checkBalancedNetwork } from './balancing';
import { movingParameters, optimisedParameters, type WeightDecay } from './groups';
import { applySchedule } from './loop';
import type { StepInputs } from './measure';
import { type TrainedNetwork, trainedNetwork } from './network';
import { PhaseSteps, type UpdateOutcome } from './phase-steps';
import { phaseOf } from './plan';
import { followedTask } from './routes';
import type { Trained } from './stage';

/** A network that `expand` made and, where tasks share it, what its backbone says of its layers. */
export type StepNetwork = Pick<Network, 'model'> & Partial<Pick<Network, 'owner' | 'representations'>>;

/** What {@link trainingStep} trains, and how. */
export interface TrainingStepOptions {
  /** Stays the caller's. */
  readonly network: LayersModel | StepNetwork;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** What moves, and on whose loss: all of it on the balanced sum where neither this nor a schedule is given. */
  readonly phase?: Phase;
  /** A routine's plan, which names the phase of each update, in place of a phase; see {@link planRoutine}. */
  readonly schedule?: Schedule;
  /** Weighs the tasks' losses; their plain sum where left out. */
  readonly balancer?: Balancer;
  /** Checked by the balancer's schema; defaults where left out. */
  readonly balancerOptions?: unknown;
  /** Which gradients a balancer compares; those of all shared `parameters` where left out. */
  readonly gradients?: GradientSpace;
  /** One that the caller made for the network's parameters and disposes, or what the step makes its own from. */
  readonly optimiser: Optimiser | OptimiserConfig;
  /** None where left out. An optimiser of the caller's own brings its own, and takes the penalties' coefficient from here. */
  readonly weightDecay?: WeightDecay;
  /** Decides dropout and what a balancer draws; that of seed 0 where left out. */
  readonly key?: Key;
}

/** When an update happens. */
export interface UpdateMoment {
  /** Updates before this one; counted from the step's first call where left out. */
  readonly update?: number;
  /** Epochs before this one, for balancers that ask; 0 where left out. */
  readonly epoch?: number;
  /** Learning rate. */
  readonly rate: number;
}

/** One update of a network: call it with a batch. */
export interface TrainingStep {
  /**
   * @param batch  `x`, and `label/<task>` for each task, as `trainingBatches` reads them; stays the caller's
   * @throws OverparamError `non-finite`, with the layer where that begins; parameters are then as they were.
   *   `step-disposed`; `batch-incomplete`
   */
  (batch: StepInputs, moment: UpdateMoment): Promise<UpdateOutcome>;
  /** Frees the compiled step, and an optimiser that it made; the network stays. */
  dispose(): void;
}

const noDecay: WeightDecay = { coefficient: 0, norms: false, biases: false };

const everything: Phase = { name: 'all', stage: 'expanded', moves: [{}], rates: [], loss: 'balanced' };

/**
 * A training step for anyone's network: forward passes, the balancer, gradients routed by task, and the optimiser,
 * compiled where the engine can.
 *
 * @throws OverparamError `not-expanded` for a network without expanded layers, `task-mismatch` where outputs and tasks
 *   do not fit, `empty-phase` for a phase that moves nothing, `unsupported-balancer` for a balancer that needs what the
 *   step cannot give, `unsupported-routine` for a schedule that changes the network
 * @example
 * const step = trainingStep({ network: { ...plain, model: expand(plain.model, { method, tasks: names, key }) }, tasks,
 *   balancer: upgrad, optimiser: { name: 'adam' } });
 * const { loss } = await step(await batches.read(0), { rate: 1e-3 });
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { tasks, phase = everything, schedule } = options;
  const network = networkOf(options.network);
  checkTasks(network.model, tasks);
  checkSchedule(schedule);
  if (schedule) {
    for (const each of schedule.phases)
      checkPhase(each, movingParameters(each, network.parameters), network, tasks);
  } else {
    const named = network.parameters.filter((parameter) =>
      phase.moves.some((group) => matchesGroup(group, parameter)),
    );
    checkPhase(phase, named, network, tasks);
  }
  const balancing = balancingFor(options, network);
  const { weightDecay = noDecay, key = keyFromSeed(0) } = options;
  const own = isOptimiser(options.optimiser)
    ? null
    : createOptimiser(options.optimiser, optimisedParameters(network.parameters, weightDecay));
  const trained: Trained = {
    network,
    optimiser: own ?? (options.optimiser as Optimiser),
    averages: balancing?.needs.averages ? createAverages(network, tasks) : null,
  };
  const penalty = weightDecay.coefficient;
  const steps = new PhaseSteps({ trained, tasks, balancing, key, penalty });
  let state: BalancerState | null = null;
  let count = 0;
  let disposed = false;
  const run = async (batch: StepInputs, { update = count, epoch = 0, rate }: UpdateMoment) => {
    if (disposed) {
      throw new OverparamError('step-disposed', 'This training step was disposed. Make a new one.');
    }
    checkBatch(batch, tasks);
    const scheduled = schedule?.at(update);
    if (scheduled) applySchedule(trained, scheduled);
    const current = scheduled ? phaseOf(schedule!, scheduled.phase) : phase;
    const outcome = await steps.run(current, batch, { update, epoch, rate }, state);
    state = outcome.balancer;
    count = update + 1;
    return outcome;
  };
  const dispose = () => {
    if (disposed) return;
    disposed = true;
    steps.dispose();
    own?.dispose();
    trained.averages?.dispose();
  };
  return Object.assign(run, { dispose });
}

function isOptimiser(given: Optimiser | OptimiserConfig): given is Optimiser {
  return 'update' in given;
}

/** The network with its tensors listed; refuses one that has no expanded layers. */
function networkOf(given: LayersModel | StepNetwork): TrainedNetwork {
  const {
    model,
    owner = () => null,
    representations = [],
  }: StepNetwork = 'model' in given ? given : { model: given };
  if (expansionsOf(model).length === 0) {
    throw new OverparamError(
      'not-expanded',
      `The network "${model.name}" has no expanded layers. Hand over what expand() gives; for a baseline, expand(model, { method: plain, key }).`,
    );
  }
  return trainedNetwork(model, { owner, representations });
}

function checkTasks({ name, outputs }: LayersModel, tasks: readonly Task[]): void {
  const refuse = (what: string) =>
    new OverparamError('task-mismatch', `${what} Hand over one task for each output, in their order.`);
  if (outputs.length !== tasks.length) {
    const names = tasks.map((task) => task.name).join(', ') || 'none';
    throw refuse(
      `The network "${name}" has ${outputs.length} outputs, and the tasks are ${tasks.length}: ${names}.`,
    );
  }
  tasks.forEach((task, index) => {
    const channels = outputs[index]!.shape.at(-1);
    if (channels === null || channels === undefined || channels === task.outputs) return;
    throw refuse(
      `Output ${index} of the network "${name}" has ${channels} channels, and task "${task.name}" has ${task.outputs} outputs.`,
    );
  });
}

function checkSchedule(schedule: Schedule | undefined): void {
  if (!schedule || schedule.stages.every(({ stage }) => stage === 'expanded')) return;
  throw new OverparamError(
    'unsupported-routine',
    `The schedule goes through the stages ${schedule.stages.map(({ stage }) => stage).join(', ')}, and a step keeps its network. Use TrainingLoop, which goes from one form to the next.`,
  );
}

function checkPhase(
  phase: Phase,
  moved: readonly unknown[],
  { parameters }: TrainedNetwork,
  tasks: readonly Task[],
): void {
  const followed = followedTask(phase);
  const names = tasks.map(({ name }) => name);
  if (followed !== null && !names.includes(followed)) {
    throw new OverparamError(
      'task-mismatch',
      `Phase "${phase.name}" follows task "${followed}", and the tasks are ${names.join(', ')}.`,
    );
  }
  if (moved.length > 0) return;
  const roles = [...new Set(parameters.map(({ role }) => role))].join(', ') || 'none';
  throw new OverparamError(
    'empty-phase',
    `Phase "${phase.name}" moves nothing: no parameter of the network is among ${JSON.stringify(phase.moves)}. The network has the roles ${roles}.`,
  );
}

function balancingFor(options: TrainingStepOptions, network: TrainedNetwork): Balancing | null {
  const { balancer, balancerOptions, tasks, gradients = 'parameters' } = options;
  if (balancer === undefined) return null;
  const parsed = parseOptions(balancer.options, balancerOptions, `balancer "${balancer.name}"`);
  const names = tasks.map(({ name }) => name);
  const balancing = balancingOf({ part: balancer, options: parsed }, names, gradients);
  if (balancing) checkBalancedNetwork(balancing, network.trunks, network.layout.representations);
  return balancing;
}

function checkBatch(batch: StepInputs, tasks: readonly Task[]): void {
  const wanted = ['x', ...tasks.map(({ name }) => `label/${name}`)];
  const missing = wanted.filter((name) => batch[name] === undefined);
  if (missing.length === 0) return;
  throw new OverparamError(
    'batch-incomplete',
    `The batch lacks ${missing.join(', ')}; it has ${Object.keys(batch).join(', ') || 'nothing'}. Name its tensors x and label/<task>.`,
  );
}
