import { decayPenalty, gradientMaps, ownPenalty } from '@overparam/core-reparam';
import { backwardPasses, twiceDifferentiable } from '@overparam/engine';
import type { Phase, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { Averages } from './averages';
import { type ElementRule, elementGradients } from './elements';
import { gradientsOf, type Pass } from './gradients';
import { type Measured, measure, type StepInputs } from './measure';
import type { TrainedNetwork, TrainedParameter } from './network';
import { type Regularising, regularised } from './regularising';
import { allOf, followedTask, type Routes } from './routes';
import { type SharedStep, summedGradients, summedScalars } from './team';
import { watchLayers } from './watch';

/**
 * How a step weighs the losses of its tasks. `sum`: each counts once. `weighted`: times the input `weights`, one number
 * a task. `apart`: layers and trunks that belong to a task take its loss times the input `heads` instead. `averaged`: as
 * `apart`, with the running averages of the tasks' gradients in place of the gradients of all that is shared. `elements`:
 * as `apart`, and what is shared takes each task's gradient times its factors by element.
 */
export type Weighing = 'sum' | 'weighted' | 'apart' | 'averaged' | 'elements';

/** What the gradients of a step follow from. */
export interface GradientParts {
  readonly phase: Phase;
  readonly network: TrainedNetwork;
  /** One for each output of the model, in their order. */
  readonly tasks: readonly Task[];
  readonly routes: Routes;
  /** Coefficient of the expansions' penalties. */
  readonly penalty: number;
  readonly weighing: Weighing;
  /** There where the weighing is `averaged`. */
  readonly averages: Averages | null;
  /** There where the weighing is `elements`. */
  readonly elements: ElementRule | null;
  /** Adds to the loss of phases that follow all tasks; null for nothing. */
  readonly regularising: Regularising | null;
  /** How the step is shared among workers; null for one process. */
  readonly shared: SharedStep | null;
}

type Losses = Readonly<Record<string, tf.Scalar>>;

/** The scalar at place `index` of a vector. */
function at(vector: tf.Tensor, index: number): tf.Scalar {
  return tf.slice(vector as tf.Tensor1D, [index], [1]).asScalar();
}

/** Each followed loss times its factor. */
function timesFactors(losses: Losses, tasks: readonly Task[], factors: tf.Tensor | null): Losses {
  return Object.fromEntries(
    tasks.flatMap(({ name }, index) => {
      const loss = losses[name];
      if (!loss) return [];
      return [[name, factors ? (tf.mul(loss, at(factors, index)) as tf.Scalar) : loss]];
    }),
  );
}

function sumOf(losses: Losses): tf.Scalar {
  const list = Object.values(losses);
  return list.length === 1 ? list[0]! : (tf.addN(list) as tf.Scalar);
}

/** The recorded scalars of a step. */
interface Recorded extends Measured {
  readonly weighted: Losses;
  readonly forHeads: Losses;
  /** What adds to the loss beside the tasks' losses, with its coefficients. */
  readonly penalties: readonly tf.Scalar[];
  /** Kernels that the pass has composed, by layer. */
  readonly composed: ReadonlyMap<string, tf.Tensor4D>;
  /** Outputs of the trunk, with the layers that gave them, where something looks at their gradients. */
  readonly borders: readonly Border[];
}

/** An output at the border between what is shared and what is a task's own. */
export interface Border {
  readonly layer: string;
  readonly output: tf.Tensor;
}

/** Decay in place of the optimiser's, and what methods bring of their own; empty where there is neither. */
function penaltiesOf(
  model: tf.LayersModel,
  composed: ReadonlyMap<string, tf.Tensor4D>,
  coefficient: number,
): tf.Scalar[] {
  const own = ownPenalty(model);
  return [
    ...(coefficient > 0 ? [tf.mul(decayPenalty(model, composed), coefficient) as tf.Scalar] : []),
    ...(own ? [own] : []),
  ];
}

function record(parts: GradientParts, inputs: StepInputs, updateStatistics: boolean): Recorded {
  const { phase, network, tasks, penalty, weighing, elements, regularising, shared } = parts;
  const only = followedTask(phase);
  const composed = new Map<string, tf.Tensor4D>();
  const borders: Border[] = [];
  const isRegularised = regularising !== null && only === null;
  const isWatched = isRegularised || (weighing === 'elements' && elements!.space === 'representation');
  const watched = isWatched ? network.layout.representations : [];
  const measured = watchLayers(
    network.model.layers.filter(({ name }) => watched.includes(name)),
    (layer, output) => borders.push({ layer, output }),
    () => measure(network.model, tasks, inputs, { only, updateStatistics, composed, shared }),
  );
  const isBalanced = only === null && weighing !== 'sum';
  return {
    ...measured,
    weighted: timesFactors(measured.losses, tasks, isBalanced ? inputs.weights! : null),
    forHeads: timesFactors(
      measured.losses,
      tasks,
      isBalanced ? (weighing === 'weighted' ? inputs.weights! : inputs.heads!) : null,
    ),
    penalties: [
      // Every worker has all parameters, and what they say of them is summed.
      ...penaltiesOf(network.model, composed, penalty).map((whole) =>
        shared ? (tf.div(whole, shared.team.count) as tf.Scalar) : whole,
      ),
      ...(isRegularised
        ? [
            regularised(
              regularising,
              tasks.map(({ name }) => measured.losses[name]!),
              borders.map(({ output }) => output),
            ),
          ]
        : []),
    ],
    composed,
    borders,
  };
}

/**
 * Passes where nothing is routed: one, or two where the heads' factors are their own. A trunk that stays apart is its
 * task's own like a head; trunks that are drawn together take part in what is shared.
 */
function jointPasses(
  { routes, weighing, network }: GradientParts,
  recorded: Recorded,
  descend: (losses: Losses) => tf.Scalar,
): Pass[] {
  if (weighing === 'sum' || weighing === 'weighted') {
    return [{ descended: descend(recorded.weighted), moves: allOf(routes) }];
  }
  const [drawn, own] = network.apart ? [[], routes.trunks] : [routes.trunks, []];
  return [
    { descended: descend(recorded.weighted), moves: [...routes.shared, ...drawn] },
    { descended: descend(recorded.forHeads), moves: [...routes.heads, ...own] },
  ];
}

/**
 * Passes where tasks have cores in shared layers: one a task, whose gradient its own cores take alone and the shared
 * parameters as a part of the sum. The penalty is shared out among the cores of a layer: on each in full, their sum
 * would decay once for each task.
 */
function routedPasses({ routes, tasks, weighing }: GradientParts, recorded: Recorded): Pass[] {
  const together = weighing === 'sum' || weighing === 'weighted';
  const passes: Pass[] = Object.entries(recorded.weighted).map(([task, descended]) => ({
    descended,
    moves: [
      ...routes.shared,
      ...(routes.routed.get(task) ?? []),
      ...(together ? routes.heads.filter(({ owner }) => owner === task) : []),
    ],
  }));
  if (!together) passes.push({ descended: sumOf(recorded.forHeads), moves: routes.heads });
  return [...passes, ...penaltyPass(routes, tasks.length, recorded.penalties)];
}

function penaltyPass(routes: Routes, tasks: number, penalties: readonly tf.Scalar[]): Pass[] {
  const routed = new Set([...routes.routed.values()].flat());
  return penalties.map((descended) => ({
    descended,
    moves: allOf(routes),
    share: (parameter) => (routed.has(parameter) ? 1 / tasks : 1),
  }));
}

/** Trunks that stay apart are their tasks' own like heads; under averages there are none. */
function ownTrunks({ routes, network }: GradientParts): readonly TrainedParameter[] {
  return network.apart ? routes.trunks : [];
}

/** The weighted sums of averages, which take the place of gradients of all that is not a head. */
function averagedGradients(
  { routes, tasks, averages }: GradientParts,
  weights: tf.Tensor,
): Record<string, tf.Tensor> {
  const gradients: Record<string, tf.Tensor> = {};
  for (const parameter of [...routes.shared, ...[...routes.routed.values()].flat()]) {
    const terms = tasks.flatMap(({ name }, index) => {
      const average = averages!.of(name, parameter);
      return average ? [tf.mul(average, at(weights, index))] : [];
    });
    gradients[parameter.name] = tf.addN(terms);
  }
  return gradients;
}

/** What a step's gradients and their making gave; the caller disposes. */
export interface StepGradients extends Measured {
  /** Sum of the followed losses, unweighted and without the penalty. */
  readonly loss: tf.Scalar;
  /** What was descended, for checks. */
  readonly descended: readonly tf.Scalar[];
  /** By parameter name; parameters that no loss of theirs reaches are left out. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

/** Forward and backward passes of a step. Reads no value. */
export function stepGradients(
  parts: GradientParts,
  inputs: StepInputs,
  updateStatistics = true,
): StepGradients {
  const { regularising, phase } = parts;
  const isRegularised = regularising !== null && followedTask(phase) === null;
  const work = () => recordedStep(parts, inputs, updateStatistics);
  return isRegularised ? twiceDifferentiable(work) : work();
}

function recordedStep(parts: GradientParts, inputs: StepInputs, updateStatistics: boolean): StepGradients {
  const { routes, tasks, weighing, shared } = parts;
  return backwardPasses(
    () => {
      const recorded = record(parts, inputs, updateStatistics);
      const plus = (losses: Losses) =>
        recorded.penalties.reduce((sum, penalty) => tf.add(sum, penalty) as tf.Scalar, sumOf(losses));
      // Made here, as only what is made here is recorded.
      const passes =
        weighing === 'averaged' || weighing === 'elements'
          ? [
              { descended: sumOf(recorded.forHeads), moves: [...routes.heads, ...ownTrunks(parts)] },
              ...penaltyPass(routes, tasks.length, recorded.penalties),
            ]
          : routes.routed.size > 0
            ? routedPasses(parts, recorded)
            : jointPasses(parts, recorded, plus);
      return { recorded, passes } as unknown as tf.TensorContainer & { recorded: Recorded; passes: Pass[] };
    },
    ({ recorded, passes }, backward) => {
      const { labels, composed } = recorded;
      // Only what is routed takes gradients of several passes.
      const kernels = routes.routed.size > 0 ? composed : new Map<string, tf.Tensor4D>();
      const own =
        weighing === 'averaged'
          ? averagedGradients(parts, inputs.weights!)
          : weighing === 'elements'
            ? elementGradients(parts, recorded, inputs, backward)
            : {};
      const summed = added(own, summedGradients(shared, gradientsOf(passes, kernels, backward)));
      const gradients = mapped(summed, gradientMaps(parts.network.model));
      tf.dispose([...composed.values()]);
      const { losses, wrong, descended } = agreed(shared, {
        losses: recorded.losses,
        wrong: recorded.wrong,
        descended: [
          ...passes.map((pass) => pass.descended),
          ...(weighing === 'elements' ? Object.values(recorded.weighted) : []),
        ],
      });
      return { loss: sumOf(losses), losses, wrong, labels, descended, gradients };
    },
  );
}

/** Numbers of a step, over all workers. */
function agreed(
  shared: SharedStep | null,
  { losses, wrong, descended }: Pick<StepGradients, 'losses' | 'wrong' | 'descended'>,
): Pick<StepGradients, 'losses' | 'wrong' | 'descended'> {
  const [tasks, counted] = [Object.keys(losses), Object.keys(wrong)];
  const all = summedScalars(shared, [...Object.values(losses), ...Object.values(wrong), ...descended]);
  const named = (names: readonly string[], from: number) =>
    Object.fromEntries(names.map((name, index) => [name, all[from + index]!]));
  return {
    losses: named(tasks, 0),
    wrong: named(counted, tasks.length),
    descended: all.slice(tasks.length + counted.length),
  };
}

/** Gradients times the maps that expansions have for them. */
function mapped(
  gradients: Readonly<Record<string, tf.Tensor>>,
  maps: ReadonlyMap<string, tf.Tensor>,
): Readonly<Record<string, tf.Tensor>> {
  if (maps.size === 0) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const map = maps.get(name);
      return [name, map ? tf.mul(gradient, map) : gradient];
    }),
  );
}

function added(
  some: Readonly<Record<string, tf.Tensor>>,
  others: Readonly<Record<string, tf.Tensor>>,
): Record<string, tf.Tensor> {
  const sums = { ...some, ...others };
  for (const [name, gradient] of Object.entries(some)) {
    const other = others[name];
    if (other) sums[name] = tf.add(gradient, other);
  }
  return sums;
}
