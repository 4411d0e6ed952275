import { expansionsOf, gradientMaps } from '@overparam/core-reparam';
import { type Backward, backwardPasses, compile } from '@overparam/engine';
import type { Phase, Task } from '@overparam/plugin';
import * as tf from '@tensorflow/tfjs';
import { rateFactors } from './groups';
import { ownKernel } from './layer-records';
import { measure, type StepInputs } from './measure';
import type { TrainedNetwork, TrainedParameter } from './network';
import type { ParameterRule } from './parameter-groups';
import { followedTask, type Routes, routesOf } from './routes';

/** By layer. */
export type LayerGains = Readonly<Record<string, number>>;

/** What gains are measured of. */
export interface GainParts {
  readonly network: TrainedNetwork;
  /** One for each output of the network, in their order. */
  readonly tasks: readonly Task[];
  /** What moves, how fast, and on whose loss. */
  readonly phase: Phase;
  readonly parameterGroups?: readonly ParameterRule[];
}

/** An expanded layer that has one kernel in training, and what moves in it. */
interface Framed {
  readonly layer: string;
  /** The variable itself where nothing is composed. */
  readonly kernel: tf.Tensor;
  readonly moving: readonly TrainedParameter[];
}

function framedLayers(
  { network }: GainParts,
  routes: Routes,
  composed: ReadonlyMap<string, tf.Tensor4D>,
): Framed[] {
  const moving = new Set([...routes.shared, ...[...routes.routed.values()].flat(), ...routes.heads]);
  return expansionsOf(network.model).flatMap(({ layer }) => {
    const kernel = composed.get(layer) ?? ownKernel(network.parameters, layer)?.variable;
    if (!kernel) return [];
    const own = network.parameters.filter(
      (parameter) => parameter.layer === layer && moving.has(parameter) && parameter.continues !== 'bias',
    );
    return [{ layer, kernel, moving: own }];
  });
}

/** The sum over a layer's parameters of <what each takes, what the loss's gradient is there>, rate factors included. */
function alignment(
  { kernel, moving }: Framed,
  gradients: { readonly all: tf.Tensor; ofTask(task: string): tf.Tensor | null },
  isRouted: (parameter: TrainedParameter) => string | null,
  backward: Backward,
  factor: (parameter: TrainedParameter) => tf.Tensor | number,
): tf.Scalar {
  const at = (parameter: TrainedParameter, gradient: tf.Tensor) =>
    parameter.variable === kernel ? gradient : backward(kernel, [parameter.variable], gradient)[0]!;
  const terms = moving.flatMap((parameter) => {
    const whole = at(parameter, gradients.all);
    if (!whole) return [];
    const task = isRouted(parameter);
    const own = task === null ? gradients.all : gradients.ofTask(task);
    if (own === null) return [];
    const taken = task === null ? whole : at(parameter, own);
    return [tf.sum(tf.mul(tf.mul(taken, factor(parameter)), whole))];
  });
  return (terms.length === 0 ? tf.scalar(0) : tf.addN(terms)) as tf.Scalar;
}

/** Measures gains; compiled once. */
export interface GainMeter {
  /**
   * @param batch  a training batch, with dropout masks; the caller's. Running statistics stay
   */
  (batch: StepInputs): Promise<LayerGains>;
  /** Frees what was compiled; the network stays. */
  dispose(): void;
}

/**
 * How much further one step of plain SGD on its parameters moves each layer's kernel W, to first order and along the
 * gradient G of the loss there, than a step on W itself would: <dW, G> / <G, G>, where dW is the sum over the parameters
 * of J g, with g what each takes (in routed cores its own task's) and J how W follows it. 1 for a plain layer. As
 * <J g, G> = <g, J^T G>, it takes no second derivative: the sum of squares of the parameters' gradients over that of the
 * kernel's, where all take the whole gradient.
 *
 * Factors that a phase, parameter groups and expansions put on gradients and rates count; penalties, balancers' weights
 * and momentum do not. Layers whose branches have norms have no kernel in training and are left out, as are layers that no
 * gradient reaches.
 *
 * @example
 * const meter = gainMeter({ network, tasks, phase });
 * const { conv1 } = await meter(batch); // 1.44 for TriRep's frames around a first kernel by He
 */
export function gainMeter(parts: GainParts): GainMeter {
  const step = compile((inputs) => gainOutputs(parts, inputs as StepInputs));
  const measured = async (batch: StepInputs): Promise<LayerGains> => {
    const outputs = step(batch);
    try {
      const gains: Record<string, number> = {};
      for (const [name, square] of Object.entries(outputs)) {
        if (!name.startsWith('square/')) continue;
        const layer = name.slice('square/'.length);
        const divisor = (await square.data())[0]!;
        if (divisor > 0) gains[layer] = (await outputs[`along/${layer}`]!.data())[0]! / divisor;
      }
      return gains;
    } finally {
      tf.dispose(outputs as tf.NamedTensorMap);
    }
  };
  return Object.assign(measured, { dispose: () => step.dispose() });
}

/** What a forward pass was differentiated of. */
interface Recorded {
  readonly composed: ReadonlyMap<string, tf.Tensor4D>;
  readonly losses: Readonly<Record<string, tf.Scalar>>;
  readonly total: tf.Scalar;
}

/** `along/<layer>` and `square/<layer>`: <dW, G> and <G, G>. */
function gainOutputs(parts: GainParts, inputs: StepInputs): Record<string, tf.Tensor> {
  const { network, tasks, phase, parameterGroups = [] } = parts;
  const routes = routesOf(phase, tasks, network.parameters, network.trunks);
  const rates = rateFactors(phase, network.parameters, parameterGroups);
  const taskOf = new Map([...routes.routed].flatMap(([task, own]) => own.map((one) => [one, task] as const)));
  return backwardPasses(
    () => {
      const composed = new Map<string, tf.Tensor4D>();
      const only = followedTask(phase);
      const { losses } = measure(network.model, tasks, inputs, { only, updateStatistics: false, composed });
      const list = Object.values(losses);
      const total = list.length === 1 ? list[0]! : tf.addN(list);
      return { composed, losses, total } as unknown as tf.TensorContainer & Recorded;
    },
    ({ composed, losses, total }, backward) => {
      const layers = framedLayers(parts, routes, composed);
      // Where all branches have norms, as RepVGG's do, no layer has a kernel in training.
      if (layers.length === 0) return {};
      const kernels = layers.map(({ kernel }) => kernel);
      const whole = backward(total, kernels);
      const byTask = new Map(
        [...routes.routed.keys()].flatMap((task) =>
          losses[task] ? [[task, backward(losses[task], kernels)] as const] : [],
        ),
      );
      const maps = gradientMaps(network.model);
      const factor = ({ name }: TrainedParameter) => {
        const map = maps.get(name);
        const rate = rates[name] ?? 1;
        return map ? tf.mul(map, rate) : rate;
      };
      const outputs: Record<string, tf.Tensor> = {};
      layers.forEach((framed, index) => {
        const all = whole[index];
        if (!all) return;
        const gradients = { all, ofTask: (task: string) => byTask.get(task)?.[index] ?? null };
        const isRouted = (parameter: TrainedParameter) => taskOf.get(parameter) ?? null;
        outputs[`along/${framed.layer}`] = alignment(framed, gradients, isRouted, backward, factor);
        outputs[`square/${framed.layer}`] = tf.sum(tf.square(all));
      });
      tf.dispose([...composed.values()]);
      return outputs;
    },
  );
}
