import type { Key, OptionsSchema } from '@overparam/engine';
import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { PlainLayer, PlainWeights, Site, SiteKind } from './site';
import type { PartSource } from './source';

/**
 * What a parameter is to the routines: `core` (the factor that carries the kernel), `frame` (factors around
 * it), `branch` (kernels of further branches), `scale` (a vector that weighs a branch), `norm` (gamma, beta),
 * `plain` (all that is not expanded, biases included).
 */
export type Role = 'core' | 'frame' | 'branch' | 'scale' | 'norm' | 'plain';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** One trained tensor of an expansion. */
export interface ParameterSpec {
  /** Unique in the expansion. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  /** Tells parameters of one role apart, such as the frames `U` and `V`. */
  readonly block?: string;
  /** The task it belongs to; shared by all where absent. */
  readonly task?: string;
  /**
   * The weight of the plain layer that this parameter continues. Where the shapes agree, its optimiser slots
   * are taken over when a routine goes from the plain layer to the expansion and back.
   */
  readonly continues?: 'kernel' | 'bias' | 'gamma' | 'beta';
}

/** One tensor of an expansion that is not trained, such as a running mean. */
export interface StateSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * What it is of what the layer sees, and so how a probe may randomise it: running means, variances, or covariances
   * `[..., c, c]`; nothing of that kind where absent.
   */
  readonly statistic?: 'mean' | 'variance' | 'covariance';
  /** The value of a routine's plan that it follows from update to update, such as `tau`; a scalar. */
  readonly follows?: string;
}

/** How a forward pass is meant. */
export interface Context {
  /** `train`: norms use the batch's statistics; `infer`: the running ones. */
  readonly mode: 'train' | 'infer';
  /** The task whose output is wanted, or null for all of them. */
  readonly task: string | null;
  /** Whether a forward pass in training may change running statistics. */
  readonly updateStatistics: boolean;
  /** What stays of running statistics in place of the norms' own momentum, from 0 to 1; absent in training itself. */
  readonly momentum?: number;
}

/** The result of a forward pass: the output and the state tensors that changed. */
export interface Forward {
  /** `[n, h, w, cout]` */
  readonly y: Tensor4D;
  readonly state: Tensors;
  /**
   * The kernel `[kh, kw, cin, cout]` that this pass has composed of all parameters but those of role `plain`, where y
   * depends on those through it alone. A training loop need not compose it again for the decay, and can sum up
   * gradients there before it takes them further.
   */
  readonly composed?: Tensor4D;
}

/** What weight decay means for an expansion. */
export interface Decay {
  /** The penalty before its coefficient: one half of a sum of squares. */
  readonly penalty: Scalar;
}

/** How an expansion looks at what comes into its layer, every so often: between updates, not in them. */
export interface Observation {
  /** A look is due before the first update of every epoch whose number this divides; 1 or more. */
  readonly every: number;
  /** Epochs without a look; the first one is due right after them. */
  readonly after: number;
  /** Training batches of one look, as they are trained on; 1 or more. */
  readonly batches: number;
  /**
   * States that follow from what the layer sees in inference mode. It may read values.
   *
   * @param inputs  `[n, h, w, cin]`, one for each batch and use of the layer; borrowed
   * @returns       those states that change; the caller disposes
   */
  observe(inputs: readonly Tensor4D[], parameters: Tensors, state: Tensors): Promise<Tensors>;
}

/** A site in its expanded form: pure functions over named tensors. */
export interface Expansion {
  readonly parameters: readonly ParameterSpec[];
  readonly state: readonly StateSpec[];
  /** Whether the norm behind the site becomes part of the expansion. */
  readonly takesNorm: boolean;
  /**
   * Whether the output depends on the task in the context, so that a network has one trunk for each task and
   * runs as many forward passes as there are tasks. `separate`: norms keep statistics of each task;
   * `merging`: the trunks become one in the end, and norms keep one set. Absent: one trunk for all.
   */
  readonly perTask?: 'separate' | 'merging';
  /** First values of all parameters and states, from the plain weights and a key; the caller disposes. */
  initialise(plain: PlainWeights, key: Key): Tensors;
  /** Without the layer's activation; called inside a tidy. */
  forward(x: Tensor4D, parameters: Tensors, state: Tensors, context: Context): Forward;
  /**
   * The plain layers that compute the same in `infer` mode, first to last; the caller disposes their tensors.
   *
   * @param task  whose output is meant, where {@link perTask}; null for the one network that all share
   */
  collapse(parameters: Tensors, state: Tensors, task?: string | null): readonly PlainLayer[];
  /**
   * A penalty that takes the place of weight decay on the parameters in `decayCovers`. It adds to the loss
   * (coupled, as L2), so that no optimiser decays those parameters itself. Absent: ordinary weight decay.
   *
   * @param composed  what a pass with the same parameters has composed; it is then not composed again
   */
  decay?(parameters: Tensors, state: Tensors, composed?: Tensor4D): Decay;
  /** Names of the parameters that {@link decay} stands for. */
  readonly decayCovers?: readonly string[];
  /**
   * A penalty of the method's own, its coefficient included, that adds to the loss whatever the weight decay is.
   * Differentiable; the caller disposes.
   */
  regulariser?(parameters: Tensors, state: Tensors): Scalar;
  /**
   * Factors on the gradients of some parameters, by parameter name, each in a shape that broadcasts against its
   * parameter. A step multiplies them in after gradients are summed up over tasks, before the optimiser; ordinary weight
   * decay, which optimisers add, takes no part. All follows from the states, which are saved and which an
   * {@link observation} changes without another compilation. Called inside a tidy; reads no values.
   */
  gradientMaps?(state: Tensors): Tensors;
  /**
   * Kernels `[kh, kw, cin, cout]` of the parts whose sum is the one kernel that this collapses to, by name, as records
   * of training compare them; absent where nothing is added up. Called inside a tidy.
   */
  parts?(parameters: Tensors, state: Tensors): Readonly<Record<string, Tensor4D>>;
  /** Looks at what comes into the layer; absent: never. */
  readonly observation?: Observation;
  /** What a user should know about this expansion before training, such as width that cannot learn. */
  readonly warnings?: readonly string[];
}

/** A form of a method that takes a part of it away, to show what that part does; see {@link Method.controls}. */
export interface MethodControl {
  /** What is left out or changed, for lists. */
  readonly summary: string;
  /** Options that replace those of the method it is a control of. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * One way to train a layer larger than it will run. A plain value without state; see `testMethod` in
 * `@overparam/core-reparam/testing` for what must hold.
 */
export interface Method<Options = unknown> {
  readonly apiVersion: 1;
  /** Short name used in configs, such as `repvgg`. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** The paper that it comes from; left out where it comes from none. */
  readonly source?: PartSource;
  /** Checks and completes options; every method's options have `start`. */
  readonly options: OptionsSchema<Options>;
  /** Controls by name, such as `framesOnly`, that a comparison may set beside the method; none where left out. */
  readonly controls?: Readonly<Record<string, MethodControl>>;
  /** Kinds of sites that {@link supports} is asked about; `conv2d` and `dense` where left out. */
  readonly kinds?: readonly SiteKind[];
  /** True, or the reason why this site cannot be expanded, as part of a sentence about it. */
  supports(site: Site, options: Options): true | string;
  /** Called only for sites that {@link supports} accepts. */
  expand(site: Site, options: Options): Expansion;
}

/**
 * `fresh` begins as the method's source says, `preserve` as exactly the given layer (in inference mode
 * where the method adds norms).
 */
export type Start = 'fresh' | 'preserve';
