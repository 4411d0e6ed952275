import { convolution, type Key } from '@overparam/engine';
import type {
  Context,
  Expansion,
  ParameterSpec,
  PlainWeights,
  Site,
  StateSpec,
  Tensors,
} from '@overparam/plugin';
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
   * Statistics of what the layer sees, by the names of those states that follow them: in training the kernel is composed with
   * the batch's in place of the states. Called inside a tidy, differentiable in both.
   *
   * @param x  `[n, h, w, cin]`
   */
  statistics?(x: Tensor4D, parameters: Tensors): Tensors;
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
      const seen = context.mode === 'train' ? space.statistics?.(x, parameters) : undefined;
      const kernel = space.kernel(parameters, { ...state, ...seen }, context.task);
      const y = convolution(x, kernel, site);
      // A parameter itself is not composed, and where each task has a kernel, one of them is not all that decays. One that
      // depends on the images would have decay move what makes them.
      const decays = !seen && !space.perTask && !Object.values(parameters).includes(kernel);
      return {
        y: site.bias ? y.add(parameters.bias!) : y,
        state: seen && context.updateStatistics ? following(state, seen, site, context) : {},
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

/** Running statistics a step further, with the momentum of the norm behind the site. */
function following(state: Tensors, seen: Tensors, { norm }: Site, context: Context): Tensors {
  const momentum = context.momentum ?? norm?.momentum ?? defaultNorm.momentum;
  const moved = Object.entries(seen).map(([name, batch]) => [
    name,
    state[name]!.mul(momentum).add(batch.mul(1 - momentum)),
  ]);
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
