import { convolution, countOfBatch, type Key } from '@overparam/engine';
import type { Expansion, ParameterSpec, PlainWeights, Site, StateSpec, Tensors } from '@overparam/plugin';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defaultNorm } from './branch-space';

/** A method that composes one kernel from its parameters and runs one convolution with it. */
export interface WeightSpace {
  /** All parameters but the bias, which {@link weightSpace} looks after. */
  readonly parameters: readonly ParameterSpec[];
  /** Tensors that are not trained, such as a frozen first value; none where left out. */
  readonly state?: readonly StateSpec[];
  /** Whether the kernel depends on the task, and how norms take that; see {@link Expansion.perTask}. */
  readonly perTask?: Expansion['perTask'];
  /**
   * The kernel `[kh, kw, cin, cout]`; called inside a tidy, differentiable.
   *
   * @param task  whose kernel is meant, where {@link perTask}; null for the one that all share
   */
  kernel(parameters: Tensors, state: Tensors, task: string | null): Tensor4D;
  /**
   * Statistics of what the layer sees, by the names of those states that follow them. In training the kernel is composed with
   * what the batch makes of the states, and gradients flow as if the batch were all of it: training then computes what inference will,
   * however small its batches are. Called inside a tidy, differentiable in both.
   *
   * @param x  `[n, h, w, cin]`
   */
  statistics?(x: Tensor4D, parameters: Tensors): Tensors;
  /**
   * What stays of such a state where a batch has so many images, from 0 to 1; that of the norm behind the site where left out.
   *
   * @param images  of the whole batch, where several workers share it
   */
  momentum?(images: number): number;
  /** First values of {@link parameters} and {@link state}; the caller disposes. */
  initialise(plain: PlainWeights, key: Key): Tensors;
  /**
   * `kernel`: Frobenius decay, one half of the composed kernel's sum of squares, in place of weight decay on
   * all parameters (Khodak et al., ICLR 2021, section 4). `parameters`: ordinary weight decay on each.
   */
  readonly decay: 'kernel' | 'parameters';
  /** A penalty of the method's own, its coefficient included. */
  readonly regulariser?: Expansion['regulariser'];
  /** Factors on gradients, and what looks at activations; see {@link Expansion}. */
  readonly gradientMaps?: Expansion['gradientMaps'];
  readonly observation?: Expansion['observation'];
  /** What the kernel is the sum of; see {@link Expansion}. */
  readonly parts?: Expansion['parts'];
  readonly warnings?: readonly string[];
}

/**
 * An expansion in weight space: the norm behind the site stays where it is, and collapse is the kernel.
 *
 * The site's bias is a parameter `bias` of role `plain`.
 */
export function weightSpace(site: Site, space: WeightSpace): Expansion {
  const cout = site.kernelShape[3];
  const bias: ParameterSpec = { name: 'bias', shape: [cout], role: 'plain', continues: 'bias' };
  return {
    parameters: site.bias ? [...space.parameters, bias] : space.parameters,
    state: space.state ?? [],
    ...(space.perTask && { perTask: space.perTask }),
    takesNorm: false,
    warnings: space.warnings ?? [],
    initialise(plain, key) {
      const values = space.initialise(plain, key);
      return site.bias && plain.bias ? { ...values, bias: tf.clone(plain.bias) } : values;
    },
    forward(x, parameters, state, context) {
      const batch = context.mode === 'train' ? space.statistics?.(x, parameters) : undefined;
      const images = countOfBatch(x.shape[0]);
      const momentum = context.momentum ?? space.momentum?.(images) ?? (site.norm ?? defaultNorm).momentum;
      const seen = batch && following(state, batch, momentum);
      const kernel = space.kernel(parameters, { ...state, ...seen }, context.task);
      const y = convolution(x, kernel, site);
      // A parameter itself is not composed, and where each task has a kernel, one of them is not all that decays. One that
      // depends on the images would have decay move what makes them.
      const decays = !seen && !space.perTask && !Object.values(parameters).includes(kernel);
      return {
        y: site.bias ? y.add(parameters.bias!) : y,
        state: seen && context.updateStatistics ? seen : {},
        ...(decays && { composed: kernel }),
      };
    },
    collapse: (parameters, state, task = null) => [
      {
        kernel: tf.tidy(() => tf.clone(space.kernel(parameters, state, task))),
        bias: site.bias ? (tf.clone(parameters.bias!) as Tensor1D) : null,
        strides: site.strides,
        dilation: site.dilation,
        padding: site.padding,
        ...((site.groups ?? 1) > 1 && { groups: site.groups! }),
      },
    ],
    ...(space.regulariser && { regulariser: space.regulariser }),
    ...(space.gradientMaps && { gradientMaps: space.gradientMaps }),
    ...(space.observation && { observation: space.observation }),
    ...(space.parts && { parts: space.parts }),
    ...(space.decay === 'kernel' && {
      decay: (parameters: Tensors, state: Tensors, composed?: Tensor4D) => ({
        penalty: tf.tidy(() =>
          halfSquares(
            composed ? [composed] : tasksOf(site, space).map((task) => space.kernel(parameters, state, task)),
          ),
        ),
      }),
      decayCovers: space.parameters.map((parameter) => parameter.name),
    }),
  };
}

/** Running statistics a step further; the gradient that comes back is handed on to the batch whole. */
function following(state: Tensors, batch: Tensors, momentum: number): Tensors {
  const moved = Object.entries(batch).map(([name, seen]) => {
    const evaluate = tf.customGrad((given) => ({
      value: state[name]!.mul(momentum).add((given as Tensor).mul(1 - momentum)),
      gradFunc: (dy: Tensor) => dy,
    }));
    return [name, evaluate(seen)];
  });
  return Object.fromEntries(moved);
}

/** The tasks with a kernel of their own, or null for the one kernel of all. */
function tasksOf(site: Site, space: WeightSpace): readonly (string | null)[] {
  return space.perTask && site.tasks.length > 0 ? site.tasks : [null];
}

function halfSquares(kernels: readonly Tensor4D[]): tf.Scalar {
  const halves = kernels.map((kernel) => halfSquare(kernel));
  return halves.length === 1 ? halves[0]! : tf.addN(halves).asScalar();
}

/** One half of the sum of squares; its gradient is the tensor itself, which tfjs would take four passes to find. */
function halfSquare(x: Tensor4D): tf.Scalar {
  const evaluate = tf.customGrad((given, save) => {
    const value = given as Tensor;
    (save as tf.GradSaveFunc)([value]);
    return {
      value: value.square().sum().mul(0.5),
      gradFunc: (dy: Tensor, saved: Tensor[]) => saved[0]!.mul(dy),
    };
  });
  return evaluate(x).asScalar();
}
