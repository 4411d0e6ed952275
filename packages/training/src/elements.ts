import { type Backward, foldKey, type Key, randomUniform } from '@overparam/engine';
import type { GradientSpace } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import type { StepInputs } from './measure';
import type { TrainedNetwork, TrainedParameter } from './network';
import type { Border, GradientParts } from './passes';
import { allOf, type Routes } from './routes';
import { summedGradients, summedList } from './team';

/** Weighs each element of the tasks' gradients by itself; see `elementFactors` of a balancer. */
export interface ElementRule {
  /** Whose elements: those of parameters, or of the trunk's outputs. */
  readonly space: GradientSpace;
  /** Factors of each task's gradient, of its shape, from all tasks' and from numbers from 0 to 1 for each element. */
  elementFactors(gradients: readonly tf.Tensor[], uniform: tf.Tensor): readonly tf.Tensor[];
}

type Gradients = Record<string, tf.Tensor>;

/** What the forward pass gave that elements are weighed by. */
interface Recorded {
  /** The tasks' losses times their weights. */
  readonly weighted: Readonly<Record<string, tf.Scalar>>;
  readonly borders: readonly Border[];
}

const inputOf = (name: string) => `uniform/${name}`;

/**
 * Inputs of a step with a number from 0 to 1 for each element: of every shared parameter, or of one example's output of the
 * trunk. The caller disposes.
 */
export function uniformInputs(
  { space }: ElementRule,
  { model, layout }: TrainedNetwork,
  routes: Routes,
  key: Key,
): StepInputs {
  const shapes: (readonly [string, readonly number[]])[] =
    space === 'parameters'
      ? routes.shared.map(({ name, variable }) => [name, variable.shape])
      : layout.representations.map((name) => [
          name,
          (model.getLayer(name).outputShape as (number | null)[]).slice(1) as number[],
        ]);
  return Object.fromEntries(
    shapes.map(([name, shape], index) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = randomUniform(foldKey(key, 'uniform', index), count);
      return [inputOf(name), tf.tensor(values, [...shape], 'float32')];
    }),
  );
}

/** Parameters that a task's loss moves alone, although they lie in layers that all tasks share. */
function ownOf({ routes, network }: GradientParts, task: string): readonly TrainedParameter[] {
  const trunks = network.apart ? [] : routes.trunks.filter((parameter) => parameter.task === task);
  return [...(routes.routed.get(task) ?? []), ...trunks];
}

/** Gradients of all but heads, where elements are weighed by themselves; over all workers. */
export function elementGradients(
  parts: GradientParts,
  recorded: Recorded,
  inputs: StepInputs,
  backward: Backward,
): Gradients {
  return parts.elements!.space === 'parameters'
    ? byParameter(parts, recorded, inputs, backward)
    : byOutput(parts, recorded, inputs, backward);
}

/** A backward pass a task; what all share takes the tasks' gradients by element. */
function byParameter(
  parts: GradientParts,
  { weighted }: Recorded,
  inputs: StepInputs,
  backward: Backward,
): Gradients {
  const { routes, elements } = parts;
  const gradients: Gradients = {};
  const parted = Object.entries(weighted).map(([task, loss]) => {
    const own = ownOf(parts, task);
    // Factors follow from the gradients of the whole batch.
    const found = summedList(
      parts.shared,
      backward(
        loss,
        [...routes.shared, ...own].map(({ variable }) => variable),
      ),
    );
    own.forEach(({ name }, index) => {
      const gradient = found[routes.shared.length + index];
      if (gradient) gradients[name] = gradient;
    });
    return found;
  });
  routes.shared.forEach(({ name, variable }, index) => {
    if (parted.every((found) => !found[index])) return;
    const list = parted.map((found) => found[index] ?? tf.zerosLike(variable));
    const factors = elements!.elementFactors(list, inputs[inputOf(name)]!);
    gradients[name] = tf.addN(list.map((gradient, task) => tf.mul(gradient, factors[task]!)));
  });
  return gradients;
}

/** The tasks' gradients of the trunk's outputs by element, and one backward pass from there. */
function byOutput(
  parts: GradientParts,
  { weighted, borders }: Recorded,
  inputs: StepInputs,
  backward: Backward,
): Gradients {
  const { routes, elements } = parts;
  const outputs = borders.map(({ output }) => output);
  const parted = Object.values(weighted).map((loss) => backward(loss, outputs));
  const gradients: Gradients = {};
  borders.forEach(({ layer, output }, index) => {
    const list = parted.map((found) => found[index] ?? tf.zerosLike(output));
    const signs = tf.sign(output);
    const judged = list.map((gradient) => {
      const sum = tf.sum(tf.mul(gradient, signs), 0);
      return parts.shared ? parts.shared.sums.sum(sum) : sum;
    });
    const factors = elements!.elementFactors(judged, inputs[inputOf(layer)]!);
    const kept = list.map((gradient, task) => tf.mul(gradient, factors[task]!));
    // One pass for all, unless tasks have parameters of their own in the trunk.
    const passes =
      routes.routed.size > 0
        ? Object.keys(weighted).map(
            (task, place) => [kept[place]!, [...routes.shared, ...ownOf(parts, task)]] as const,
          )
        : [[tf.addN(kept), allOf({ ...routes, heads: [], trunks: [] })] as const];
    for (const [dy, moves] of passes) {
      const found = backward(
        output,
        moves.map(({ variable }) => variable),
        dy,
      );
      moves.forEach(({ name }, place) => {
        const gradient = found[place];
        const before = gradients[name];
        if (gradient) gradients[name] = before ? tf.add(before, gradient) : gradient;
      });
    }
  });
  return summedGradients(parts.shared, gradients);
}
