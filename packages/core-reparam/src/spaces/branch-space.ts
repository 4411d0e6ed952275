import {
  convolution,
  countOfBatch,
  inferenceBatchNorm,
  type Key,
  trainingBatchNorm,
} from '@overparam/engine';
import type {
  Context,
  Decay,
  Expansion,
  NormWeights,
  ParameterSpec,
  PlainWeights,
  Role,
  Site,
  StateSpec,
  Tensors,
} from '@overparam/plugin';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { inputChannels } from '../algebra/geometry';
import { centreKernel, composeKernels, identityKernel, responseToConstant } from '../algebra/kernels';
import { foldNorm, normFactor, normOfZero, updateRunning } from '../algebra/norms';
import { averageKernel, averageOver } from './average';
import { checkBranches } from './check-branches';
import { type PointwiseBranch, sparesPasses, sumPointwise } from './pointwise-branches';

/** One linear operation of a branch, with a norm of its own behind it if `norm` says so. */
export type BranchStep = {
  /** Tells the steps of one branch apart; needed only where a branch has several. */
  readonly name?: string;
  readonly norm: boolean;
} & (
  | {
      readonly operation: 'convolution';
      /** `[h, w]`, no larger than the site's kernel and centred on it. */
      readonly size: readonly [number, number];
      /** Output channels; all but a branch's last step choose freely. */
      readonly channels: number;
      readonly role: Role;
      readonly continues?: 'kernel';
      /**
       * Whether the parameter is what a 1x1 kernel has beyond the identity, so that weight decay draws the kernel towards
       * the identity and not to zero. It needs as many channels as come in.
       */
      readonly aroundIdentity?: true;
    }
  | { readonly operation: 'identity' }
  | {
      /** The mean over a window, of each channel by itself; zeros around the image count, as do border values. */
      readonly operation: 'average';
      /** `[h, w]`, no larger than the site's kernel and centred on it. */
      readonly size: readonly [number, number];
    }
);

/**
 * Steps in a row. All but the last look at a single pixel: they are 1x1 convolutions or the identity. The last takes the
 * site's strides, dilation and padding, so that inner steps see the whole image, and ends in the site's channels.
 */
export interface Branch {
  readonly name: string;
  readonly steps: readonly BranchStep[];
}

/** A method that sums branches with norms of their own. */
export interface BranchSpace {
  readonly branches: readonly Branch[];
  /**
   * First values: kernels `<branch>_kernel`, norms `<branch>_gamma`, `_beta`, `_mean`, `_variance`, with
   * `<branch>_<step>_` before them in branches of several steps. The caller disposes.
   */
  initialise(plain: PlainWeights, key: Key): Tensors;
  /** Replaces ordinary weight decay on the parameters in `decayCovers`. */
  decay?(parameters: Tensors, state: Tensors): Decay;
  readonly decayCovers?: readonly string[];
  readonly warnings?: readonly string[];
}

/** The norm of branches where the site itself has none: PyTorch's defaults. */
export const defaultNorm = { epsilon: 1e-5, momentum: 0.9, unbiased: true } as const;

/**
 * An expansion into branches. The norm behind the site becomes part of it, and its bias is absorbed by the
 * branches' norms.
 *
 * A norm inside a branch makes something of the zeros around the image too: the last step then pads with
 * that value, beta - mean * gamma / sqrt(variance + eps) of the running statistics, so that the fold is
 * exact at borders (Ding et al., "Diverse Branch Block", CVPR 2021; there the value carries no gradient).
 *
 * @throws OverparamError `method-broken` where branches cannot be summed to a kernel of the site
 */
export function branchSpace(site: Site, space: BranchSpace): Expansion {
  checkBranches(site, space.branches);
  const norm = site.norm ?? { ...defaultNorm };
  const branches = space.branches.map((branch) => new BranchAlgebra(site, branch, norm));
  return {
    parameters: branches.flatMap((branch) => branch.parameters),
    state: branches.flatMap((branch) => branch.state),
    takesNorm: site.norm !== null,
    warnings: space.warnings ?? [],
    initialise: (plain, key) => space.initialise(plain, key),
    forward(x, parameters, state, context) {
      const pass = { parameters, state, context, changed: {} };
      const pointwise = branches.filter((branch) => branch.isPointwise);
      const joint = context.mode === 'train' && sparesPasses(x, pointwise.length) ? pointwise : [];
      const others = branches.filter((branch) => !joint.includes(branch));
      const sum = joint.length > 0 ? sumJointly(joint, x, pass, norm.epsilon) : null;
      const outputs = others.map((branch, index) =>
        branch.forward(x, pass, index === 0 && sum ? sum.shift : null),
      );
      if (sum) outputs.push(others.length > 0 ? sum.y : (sum.y.add(sum.shift) as Tensor4D));
      return { y: tf.addN(outputs), state: pass.changed };
    },
    parts: (parameters, state) =>
      Object.fromEntries(
        space.branches.map(({ name }, index) => [name, branches[index]!.fold(parameters, state).kernel]),
      ),
    collapse: (parameters, state) => {
      const { kernel, bias } = tf.tidy(() => {
        const folded = branches.map((branch) => branch.fold(parameters, state));
        return {
          kernel: folded.map((part) => part.kernel).reduce((sum, part) => sum.add(part)),
          bias: folded.map((part) => part.bias).reduce((sum, part) => sum.add(part)),
        };
      });
      const { strides, dilation, padding, groups = 1 } = site;
      return [{ kernel, bias, strides, dilation, padding, ...(groups > 1 && { groups }) }];
    },
    ...(space.decay && {
      decay: (parameters: Tensors, state: Tensors) => space.decay!(parameters, state),
      decayCovers: space.decayCovers ?? [],
    }),
  };
}

/** One forward pass. */
interface Pass {
  readonly parameters: Tensors;
  readonly state: Tensors;
  readonly context: Context;
  /** State that the pass has changed so far. */
  readonly changed: Record<string, tf.Tensor>;
}

/** Pointwise branches in one convolution; see {@link sumPointwise}. */
function sumJointly(branches: readonly BranchAlgebra[], x: Tensor4D, pass: Pass, epsilon: number) {
  const forms = branches.map((branch) => branch.pointwiseForm(pass.parameters));
  const sum = sumPointwise(x, forms, epsilon);
  const count = countOfBatch(x.size / x.shape[3]);
  for (const [index, branch] of branches.entries()) branch.remember(sum.statistics[index]!, count, pass);
  return sum;
}

/** Names, shapes, forward pass and fold of one branch. */
class BranchAlgebra {
  readonly parameters: ParameterSpec[] = [];
  readonly state: StateSpec[] = [];
  private readonly site: Site;
  private readonly branch: Branch;
  private readonly norm: { epsilon: number; momentum: number; unbiased: boolean };
  private readonly groups: number;

  constructor(site: Site, branch: Branch, norm: { epsilon: number; momentum: number; unbiased: boolean }) {
    this.site = site;
    this.branch = branch;
    this.norm = norm;
    this.groups = site.groups ?? 1;
    let channels = inputChannels(site);
    for (const step of branch.steps) {
      const prefix = this.prefix(step);
      if (step.operation === 'convolution') {
        const shape = [...step.size, channels / this.groups, step.channels];
        const continues = step.continues && { continues: step.continues };
        this.parameters.push({
          name: `${prefix}kernel`,
          shape,
          role: step.role,
          block: branch.name,
          ...continues,
        });
        channels = step.channels;
      }
      if (step.norm) {
        const takesOver = step.operation === 'convolution' && step.continues === 'kernel';
        for (const name of ['gamma', 'beta'] as const) {
          const continues = takesOver && { continues: name };
          this.parameters.push({
            name: prefix + name,
            shape: [channels],
            role: 'norm',
            block: branch.name,
            ...continues,
          });
        }
        this.state.push({ name: `${prefix}mean`, shape: [channels], statistic: 'mean' });
        this.state.push({ name: `${prefix}variance`, shape: [channels], statistic: 'variance' });
      }
    }
  }

  private prefix(step: BranchStep): string {
    return step.name ? `${this.branch.name}_${step.name}_` : `${this.branch.name}_`;
  }

  private weights(step: BranchStep, parameters: Tensors, state: Tensors): NormWeights {
    const prefix = this.prefix(step);
    return {
      gamma: parameters[`${prefix}gamma`] as Tensor1D,
      beta: parameters[`${prefix}beta`] as Tensor1D,
      mean: state[`${prefix}mean`] as Tensor1D,
      variance: state[`${prefix}variance`] as Tensor1D,
    };
  }

  /** Whether it is one step that looks at a single pixel, with a norm behind it. */
  get isPointwise(): boolean {
    const [first, ...more] = this.branch.steps;
    if (
      more.length > 0 ||
      !first!.norm ||
      this.groups > 1 ||
      this.site.strides.some((stride) => stride !== 1)
    )
      return false;
    const [h, w] = first!.operation === 'identity' ? [1, 1] : first!.size;
    return (
      first!.operation !== 'average' &&
      h === 1 &&
      w === 1 &&
      placedPadding(this.site, [1, 1])
        .flat()
        .every((amount) => amount === 0)
    );
  }

  /** Of a pointwise branch. */
  pointwiseForm(parameters: Tensors): PointwiseBranch {
    const step = this.branch.steps[0]!;
    const prefix = this.prefix(step);
    return {
      kernel: step.operation === 'convolution' ? this.convolutionKernel(step, parameters) : null,
      gamma: parameters[`${prefix}gamma`] as Tensor1D,
      beta: parameters[`${prefix}beta`] as Tensor1D,
    };
  }

  /**
   * @param shift  `[cout]`, added to the result; null for none
   */
  forward(x: Tensor4D, pass: Pass, shift: Tensor1D | null): Tensor4D {
    const { parameters, state, context, changed } = pass;
    let y = x;
    let border: Tensor1D | null = null;
    for (const [index, step] of this.branch.steps.entries()) {
      const last = index === this.branch.steps.length - 1;
      const kernel = step.operation === 'convolution' ? this.convolutionKernel(step, parameters) : null;
      if (last) y = this.placed(y, step, kernel, border);
      else if (kernel) {
        y = convolution(y, kernel, { ...wholeImage, groups: this.groups });
        border = border && responseToConstant(kernel, border, this.groups);
      }
      if (!step.norm) {
        if (last && shift) y = y.add(shift);
        continue;
      }
      const weights = this.weights(step, { ...parameters }, { ...state, ...changed });
      const beta = last && shift ? (weights.beta.add(shift) as Tensor1D) : weights.beta;
      if (context.mode === 'infer') {
        const { gamma, mean, variance } = weights;
        y = inferenceBatchNorm(y, gamma, beta, mean, variance, this.norm.epsilon) as Tensor4D;
      } else {
        const batch = trainingBatchNorm(y, weights.gamma, beta, this.norm.epsilon);
        this.remember(batch, countOfBatch(y.size / y.shape[3]), pass, step);
        y = batch.y as Tensor4D;
      }
      if (!last) {
        const now = this.weights(step, parameters, { ...state, ...changed });
        const shift = normOfZero(now, this.norm.epsilon);
        border = (border ? shift.add(border.mul(normFactor(now, this.norm.epsilon))) : shift) as Tensor1D;
      }
    }
    return y;
  }

  /** Lets a norm's running statistics follow those of a batch. */
  remember(
    batch: { readonly mean: Tensor1D; readonly variance: Tensor1D },
    count: number,
    { parameters, state, context, changed }: Pass,
    step = this.branch.steps[0]!,
  ): void {
    if (!context.updateStatistics) return;
    const rule = { ...this.norm, momentum: context.momentum ?? this.norm.momentum };
    const running = updateRunning(this.weights(step, parameters, state), batch, count, rule);
    changed[`${this.prefix(step)}mean`] = running.mean;
    changed[`${this.prefix(step)}variance`] = running.variance;
  }

  /** The last step where the site's kernel would look, its own kernel centred on the site's. */
  private placed(x: Tensor4D, step: BranchStep, kernel: Tensor4D | null, border: Tensor1D | null): Tensor4D {
    const { strides, dilation } = this.site;
    const { groups } = this;
    const [h, w] = step.operation === 'identity' ? [1, 1] : step.size;
    const padding = placedPadding(this.site, [h, w]);
    const needsPixels = border !== null || padding.flat().some((amount) => amount < 0) || !kernel;
    if (!needsPixels) return convolution(x, kernel!, { strides, dilation, padding, groups });
    // Padding with a border value is zero padding of the difference to it.
    const shifted = border ? x.sub(border) : x;
    const framed = padOrCrop(shifted as Tensor4D, padding);
    const whole = (border ? framed.add(border) : framed) as Tensor4D;
    if (kernel) return convolution(whole, kernel, { strides, dilation, padding: noPadding, groups });
    return averageOver(whole, [h, w], this.site);
  }

  private convolutionKernel(
    step: BranchStep & { readonly operation: 'convolution' },
    parameters: Tensors,
  ): Tensor4D {
    const kernel = parameters[`${this.prefix(step)}kernel`] as Tensor4D;
    return step.aroundIdentity ? kernel.add(identityKernel(step.channels, this.groups)) : kernel;
  }

  private kernelOf(step: BranchStep, channels: number, parameters: Tensors): Tensor4D {
    if (step.operation === 'convolution') return this.convolutionKernel(step, parameters);
    return step.operation === 'average'
      ? averageKernel(step.size, channels, this.groups)
      : identityKernel(channels, this.groups);
  }

  /** Kernel and bias of the whole branch in inference, in the site's size; called inside a tidy. */
  fold(parameters: Tensors, state: Tensors): { kernel: Tensor4D; bias: Tensor1D } {
    let channels = inputChannels(this.site);
    let kernel: Tensor4D | null = null;
    let bias: Tensor1D | null = null;
    for (const step of this.branch.steps) {
      const own = this.kernelOf(step, channels, parameters);
      bias = bias ? responseToConstant(own, bias, this.groups) : null;
      kernel = kernel ? composeKernels(kernel, own, this.groups) : own;
      channels = own.shape[3];
      if (step.norm) {
        const weights = this.weights(step, parameters, state);
        ({ kernel, bias } = foldNorm(kernel, bias, weights, this.norm.epsilon));
      }
    }
    const [kh, kw, , cout] = this.site.kernelShape;
    return { kernel: centreKernel(kernel!, [kh, kw]), bias: bias ?? tf.zeros([cout]) };
  }
}

const noPadding = [
  [0, 0],
  [0, 0],
] as const;
const wholeImage = { strides: [1, 1], dilation: [1, 1], padding: noPadding } as const;

type SignedPadding = [[number, number], [number, number]];

/** Padding that makes a smaller, centred kernel look where the site's does; negative where it must crop. */
function placedPadding(site: Site, size: readonly [number, number]): SignedPadding {
  const inset = (axis: 0 | 1) => ((site.kernelShape[axis] - size[axis]) / 2) * site.dilation[axis];
  const [[top, bottom], [left, right]] = site.padding;
  return [
    [top - inset(0), bottom - inset(0)],
    [left - inset(1), right - inset(1)],
  ];
}

function padOrCrop(x: Tensor4D, [[top, bottom], [left, right]]: SignedPadding): Tensor4D {
  const [n, h, w, channels] = x.shape;
  const cut = (amount: number) => Math.max(0, -amount);
  const add = (amount: number) => Math.max(0, amount);
  const cropped =
    Math.min(top, bottom, left, right) < 0
      ? tf.slice(
          x,
          [0, cut(top), cut(left), 0],
          [n, h - cut(top) - cut(bottom), w - cut(left) - cut(right), channels],
        )
      : x;
  if (Math.max(top, bottom, left, right) <= 0) return cropped;
  return tf.pad(cropped, [
    [0, 0],
    [add(top), add(bottom)],
    [add(left), add(right)],
    [0, 0],
  ]);
}
