import { expansionsOf } from '@overparam/core-reparam';
import { OverparamError } from '@overparam/errors';
import type { Network, Phase, Schedule, Task } from '@overparam/plugin';
import { matchesGroup } from '@overparam/plugin';
import type { LayersModel } from '@tensorflow/tfjs';
import { movingParameters } from './groups';
import { layoutOf } from './layout';
import type { StepInputs } from './measure';
import { type TrainedNetwork, trainedNetwork } from './network';
import { followedTask } from './routes';

/**
 * A network's tensors, listed.
 *
 * @param given  what `expand` made, or that with what a backbone says of its layers; `layoutOf` finds it otherwise
 * @throws OverparamError `not-expanded` for one that has no expanded layers, `task-mismatch`
 */
export function listNetwork(given: LayersModel | Network, tasks: readonly Task[]): TrainedNetwork {
  const model = 'model' in given ? given.model : given;
  if (expansionsOf(model).length === 0) {
    throw new OverparamError(
      'not-expanded',
      `The network "${model.name}" has no expanded layers. Hand over what expandNetwork() or expand() gives; for a baseline, expand with the method plain.`,
    );
  }
  checkOutputs(model, tasks);
  const { owner, representations } = 'model' in given ? given : layoutOf(model, tasks);
  const isShared = tasks.length < 2;
  const layout = { owner: isShared ? () => null : (layer: string) => owner(layer), representations };
  const network = trainedNetwork(model, layout);
  checkParts(network, tasks);
  return network;
}

function mismatch(what: string): OverparamError {
  return new OverparamError(
    'task-mismatch',
    `${what} Hand over one task for each output of the network, in their order.`,
  );
}

const listed = (names: readonly string[]) => names.join(', ') || 'none';

function checkOutputs({ name, outputs }: LayersModel, tasks: readonly Task[]): void {
  if (outputs.length !== tasks.length) {
    const names = listed(tasks.map((task) => task.name));
    const count = outputs.length === 1 ? 'one output' : `${outputs.length} outputs`;
    throw mismatch(`The network "${name}" has ${count}, and the tasks are: ${names}.`);
  }
  tasks.forEach((task, index) => {
    const channels = outputs[index]!.shape.at(-1);
    if (channels === null || channels === undefined || channels === task.outputs) return;
    throw mismatch(
      `Output ${index} of the network "${name}" has ${channels} channels, and task "${task.name}" asks for ${task.outputs}.`,
    );
  });
}

/** Refuses tasks other than those that the network was expanded for, whose parts would never move. */
function checkParts({ model, parameters, trunks }: TrainedNetwork, tasks: readonly Task[]): void {
  const names = tasks.map(({ name }) => name);
  const unknown = parameters
    .flatMap(({ owner, task }) => [owner, task])
    .find((name) => name !== null && !names.includes(name));
  if (unknown) {
    throw mismatch(
      `The network "${model.name}" has parts of a task "${unknown}", and the tasks are: ${listed(names)}.`,
    );
  }
  if (trunks.length === 0 || trunks.join() === names.join()) return;
  throw mismatch(
    `The network "${model.name}" has trunks for the tasks ${listed(trunks)}, and the tasks are: ${listed(names)}.`,
  );
}

/**
 * Refuses a schedule that changes the network in the middle of a run.
 *
 * @throws OverparamError `unsupported-routine`
 */
export function checkStages({ stages }: Schedule): void {
  if (stages.every(({ stage }) => stage === 'expanded')) return;
  throw new OverparamError(
    'unsupported-routine',
    `The schedule goes through the stages ${stages.map(({ stage }) => stage).join(', ')}, and a step keeps its network. Use TrainingLoop, which goes from one form to the next.`,
  );
}

/**
 * Refuses a phase that cannot be trained.
 *
 * @param planned  by a routine, which may leave all to what moves in every phase: plain parameters and norms
 * @throws OverparamError `task-mismatch` for a task that there is not, `empty-phase` where nothing moves
 */
export function checkPhase(
  phase: Phase,
  { parameters }: TrainedNetwork,
  tasks: readonly Task[],
  planned: boolean,
): void {
  const followed = followedTask(phase);
  const names = tasks.map(({ name }) => name);
  if (followed !== null && !names.includes(followed)) {
    throw mismatch(`Phase "${phase.name}" follows task "${followed}", and the tasks are: ${listed(names)}.`);
  }
  const moved = planned
    ? movingParameters(phase, parameters)
    : parameters.filter((parameter) => phase.moves.some((group) => matchesGroup(group, parameter)));
  if (moved.length > 0) return;
  const roles = listed([...new Set(parameters.map(({ role }) => role))]);
  throw new OverparamError(
    'empty-phase',
    `Phase "${phase.name}" moves nothing: no parameter of the network is among ${JSON.stringify(phase.moves)}. The network has the roles ${roles}.`,
  );
}

/**
 * Refuses a batch that lacks a tensor.
 *
 * @throws OverparamError `batch-incomplete`
 */
export function checkBatch(batch: StepInputs, tasks: readonly Task[]): void {
  const wanted = ['x', ...tasks.map(({ name }) => `label/${name}`)];
  const missing = wanted.filter((name) => batch[name] === undefined);
  if (missing.length === 0) return;
  throw new OverparamError(
    'batch-incomplete',
    `The batch lacks ${missing.join(', ')}; it has ${listed(Object.keys(batch))}. Name its tensors x and label/<task>.`,
  );
}

/**
 * Refuses an update without the second batch that a balancer compares with.
 *
 * @throws OverparamError `batch-incomplete`
 */
export function checkSecond(balancer: string, second: StepInputs | null, tasks: readonly Task[]): void {
  if (second !== null) {
    checkBatch(second, tasks);
    return;
  }
  throw new OverparamError(
    'batch-incomplete',
    `The balancer "${balancer}" compares two batches, and the update has one. Hand over another as \`second\` beside the rate, such as readSecond() of trainingBatches gives.`,
  );
}
