import {
  allFinite,
  backwardPasses,
  type CompiledStep,
  compile,
  type Precision,
  type Recompute,
  widened,
} from '@overparam/engine';
import type { Averaging, GradientSpace, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { type Averages, averagedLoss, ofAveraged } from './averages';
import { measure, type StepInputs, secondOf } from './measure';
import type { TrainedNetwork, TrainedParameter } from './network';
import { type Routes, routesOfAll } from './routes';
import { type SharedStep, sharedStep, summedList, summedScalars, type Teamwork } from './team';
import { watchLayers } from './watch';

/** What the first part of a balanced step is made of. */
export interface GramianParts {
  readonly network: TrainedNetwork;
  readonly tasks: readonly Task[];
  readonly routes: Routes;
  readonly space: GradientSpace;
  /** Running averages that take the gradients' place, and what is averaged; null for none. */
  readonly averaging: { readonly averages: Averages; readonly of: Averaging['of'] } | null;
  /** Whether a second batch comes with the first. */
  readonly secondBatch: boolean;
  readonly precision: Precision;
  readonly recompute: Recompute;
  /** How the work is shared among processes; null for one. */
  readonly teamwork: Teamwork | null;
  /** What the step is called among those of a run. */
  readonly name: string;
}

/**
 * What a Gramian that no balancer asked for is made of: the tasks' gradients on all shared parameters, whichever phases
 * move them, or on the representation where that is wanted and there is one. Null where the tasks share nothing.
 */
export function sampleParts(
  {
    network,
    tasks,
    precision,
    recompute,
    teamwork,
    name,
  }: Pick<GramianParts, 'network' | 'tasks' | 'precision' | 'recompute' | 'teamwork' | 'name'>,
  wanted: GradientSpace,
): GramianParts | null {
  const routes = routesOfAll(network, tasks);
  // Balancers that ask for no gradients run on networks whose tasks share no representation, too.
  const isShared = network.trunks.length === 0 && network.layout.representations.length > 0;
  const space = isShared ? wanted : 'parameters';
  if (space === 'parameters' && routes.shared.length === 0 && routes.routed.size === 0) return null;
  return {
    network,
    tasks,
    routes,
    space,
    averaging: null,
    secondBatch: false,
    precision,
    recompute,
    teamwork,
    name,
  };
}

type Gradients = readonly (tf.Tensor | null)[];

/** Parameters that carry a task's gradient: what is shared, and its own cores, which stand for the sum of all. */
function carriers({ routes }: GramianParts, task: string): TrainedParameter[] {
  return [...routes.shared, ...(routes.routed.get(task) ?? [])];
}

function innerProduct(a: Gradients, b: Gradients): tf.Scalar {
  const products = a.flatMap((left, index) => {
    const right = b[index];
    return left && right ? [tf.sum(tf.mul(left, right))] : [];
  });
  return (products.length > 0 ? tf.addN(products) : tf.scalar(0)) as tf.Scalar;
}

/** Inner products of the tasks' gradients with others, `[tasks, tasks]`. */
function productsOf(gradients: readonly Gradients[], others: readonly Gradients[]): tf.Tensor2D {
  return tf.stack(gradients.map((a) => tf.stack(others.map((b) => innerProduct(a, b))))) as tf.Tensor2D;
}

/** Inner products of the tasks' gradients, `[tasks, tasks]`. */
function gramianOf(gradients: readonly Gradients[]): tf.Tensor2D {
  const upper = gradients.map((a, i) => gradients.slice(i).map((b) => innerProduct(a, b)));
  return tf.stack(
    gradients.map((_, i) => tf.stack(gradients.map((__, j) => upper[Math.min(i, j)]![Math.abs(i - j)]!))),
  ) as tf.Tensor2D;
}

/** Losses of a batch, and the outputs of the layers that separate what is shared from what is not. */
function forwardPass({ network, tasks, space }: GramianParts, inputs: StepInputs, shared: SharedStep | null) {
  const representations: tf.Tensor[] = [];
  const run = () => measure(network.model, tasks, inputs, { updateStatistics: false, shared }).losses;
  if (space === 'parameters') return { losses: run(), representations };
  const names = new Set(network.layout.representations);
  const losses = watchLayers(
    network.model.layers.filter(({ name }) => names.has(name)),
    (_, output) => representations.push(output),
    run,
  );
  return { losses, representations };
}

/** Takes a task's gradients into its averages, where the step is sound and has the task, and gives the averages. */
function averaged(
  { averages }: NonNullable<GramianParts['averaging']>,
  task: { readonly name: string; readonly counts: tf.Tensor },
  parameters: readonly TrainedParameter[],
  gradients: Gradients,
  decay: tf.Tensor,
): Gradients {
  return parameters.map((parameter, index) => {
    const average = averages.of(task.name, parameter)!;
    const gradient = gradients[index] ?? tf.zerosLike(average);
    const next = tf.add(tf.mul(average, decay), tf.mul(gradient, tf.sub(1, decay)));
    const kept = tf.where(task.counts, next, average);
    average.assign(kept);
    return kept;
  });
}

/**
 * The first part of a balanced step, compiled: losses and the Gramian of the tasks' gradients, without a change to
 * parameters or running statistics.
 *
 * It takes a batch, `present` (`[tasks]`, 1 or 0) and `decay` where gradients are averaged, and another batch where there
 * is a second (see `secondInputs`). It gives `losses` `[tasks]`, `gramian` `[tasks, tasks]`, with a second batch
 * `crossGramian` `[tasks, tasks]`, and `finite`.
 */
export function compileGramian(parts: GramianParts): CompiledStep {
  const { precision, recompute, teamwork, name } = parts;
  return compile((inputs) => sharedStep(teamwork, name, (shared) => gramianStep(parts, inputs, shared)), {
    precision,
    recompute,
  });
}

function gramianStep(
  parts: GramianParts,
  inputs: Readonly<Record<string, tf.Tensor>>,
  shared: SharedStep | null,
): Record<string, tf.Tensor> {
  const { network, tasks, space, averaging, secondBatch } = parts;
  return backwardPasses(
    () => {
      const { losses, representations } = forwardPass(parts, inputs as StepInputs, shared);
      const list = tasks.map(({ name }) => losses[name]!);
      const second = secondBatch
        ? measure(network.model, tasks, secondOf(inputs as StepInputs), { updateStatistics: false, shared })
            .losses
        : {};
      return {
        losses: list,
        second: Object.values(second),
        differentiated: averaging && !shared ? list.map((loss) => averagedLoss(loss, averaging.of)) : list,
        representations,
      };
    },
    ({ losses, second, differentiated, representations }, backward): Record<string, tf.Tensor> => {
      const wanted = tasks.map(({ name }) => carriers(parts, name));
      const inParameters = space === 'parameters';
      const whole = summedScalars(shared, losses);
      const gradientsOf = (scalars: readonly tf.Tensor[]) =>
        scalars.map((scalar, index) => {
          const xs = inParameters ? wanted[index]!.map(({ variable }) => variable) : representations;
          // Products of half-precision gradients would be summed after they were rounded.
          const own = backward(scalar, xs).map((gradient) => gradient && widened(gradient));
          return inParameters ? summedList(shared, own) : own;
        });
      const gradients = gradientsOf(differentiated).map((list, index) =>
        // Here the gradients are of parts of the loss, and its logarithm is of the whole.
        averaging && shared ? ofAveraged(list, averaging.of, whole[index]!) : list,
      );
      const others = gradientsOf(second);
      const all = [...gradients, ...others].flat().flatMap((gradient) => gradient ?? []);
      const finite = finiteEverywhere(shared, [...losses, ...second, ...all]);
      // Of representations each worker has the rows of its own examples.
      const overAll = <T extends tf.Tensor>(products: T) =>
        shared && !inParameters ? shared.sums.sum(products) : products;
      const shown = averaging
        ? tasks.map(({ name }, index) => {
            const present = tf.cast(tf.slice(inputs.present as tf.Tensor1D, [index], [1]).asScalar(), 'bool');
            const task = { name, counts: tf.logicalAnd(finite, present) };
            return averaged(averaging, task, wanted[index]!, gradients[index]!, inputs.decay!);
          })
        : gradients;
      return {
        losses: tf.stack(whole),
        gramian: overAll(gramianOf(shown)),
        ...(secondBatch && { crossGramian: overAll(productsOf(gradients, others)) }),
        finite,
      };
    },
  );
}

/** Whether values are finite, on every worker. */
function finiteEverywhere(shared: SharedStep | null, values: readonly tf.Tensor[]): tf.Scalar {
  const finite = allFinite(values);
  if (shared === null) return finite;
  const [sound] = summedScalars(shared, [tf.cast(finite, 'float32')]);
  return tf.equal(sound!, shared.team.count) as tf.Scalar;
}

/** The losses of a batch alone, compiled: `losses` `[tasks]` and `finite`; nothing is changed. */
export function compileLosses({
  network,
  tasks,
  precision,
  teamwork,
}: Pick<GramianParts, 'network' | 'tasks' | 'precision' | 'teamwork'>): CompiledStep {
  const step = (inputs: Readonly<Record<string, tf.Tensor>>, shared: SharedStep | null) => {
    const { losses } = measure(network.model, tasks, inputs as StepInputs, {
      updateStatistics: false,
      shared,
    });
    const list = summedScalars(
      shared,
      tasks.map(({ name }) => losses[name]!),
    );
    return { losses: tf.stack(list), finite: allFinite(list) };
  };
  return compile(
    (inputs) => sharedStep(teamwork, `${network.stage}/losses`, (shared) => step(inputs, shared)),
    { precision },
  );
}
