import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';

/** Zeros added around an image: `[[top, bottom], [left, right]]`, in pixels, each 0 or more. */
export type Padding = readonly [readonly [number, number], readonly [number, number]];

/** A batch norm behind a layer: its numbers, not its weights. */
export interface SiteNorm {
  /** Name of the norm layer in the network. */
  readonly layer: string;
  /** Added to the variance before the square root. */
  readonly epsilon: number;
  /** Share of the running statistics kept at each update, tfjs's meaning (PyTorch's 0.1 is 0.9 here). */
  readonly momentum: number;
  /** Whether the running variance takes the unbiased batch variance, n / (n - 1), as PyTorch does. */
  readonly unbiased: boolean;
}

/** Kinds of layers that methods may expand. */
export type SiteKind = 'conv2d' | 'dense' | 'conv1d' | 'depthwise';

/**
 * One layer of a network that a method may expand, with all its uses.
 *
 * A dense layer is a site of kind `dense` with a 1x1 kernel, a one-dimensional convolution one of kind `conv1d` with a
 * 1xk kernel. A depthwise convolution has as many groups as channels come in. A zero padding layer before a convolution
 * is part of the site, and `same` is resolved to numbers, so that a method sees one form of padding only.
 */
export interface Site {
  /** Name of the layer. */
  readonly name: string;
  readonly kind: SiteKind;
  /**
   * `[kh, kw, cin, cout]`, in groups `[kh, kw, cin / groups, cout]`; `[1, 1, cin, cout]` for a dense layer, `[1, k, cin, cout]`
   * for a one-dimensional convolution, `[kh, kw, 1, cout]` for a depthwise one.
   */
  readonly kernelShape: readonly [number, number, number, number];
  /** Groups of channels that keep to themselves, each with its own share of the channels out; 1 where left out. */
  readonly groups?: number;
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
  /** Whether the layer has a bias of its own. */
  readonly bias: boolean;
  /** The norm directly behind the layer at each of its uses, or null. */
  readonly norm: SiteNorm | null;
  /** tfjs's name of the activation inside the layer; `linear` where there is none. */
  readonly activation: string;
  /** Whether a shortcut leads around the layer, as in a residual block. */
  readonly bypassed: boolean;
  /** Names of the tasks whose losses reach the layer; none where the caller of `expand` named no tasks. */
  readonly tasks: readonly string[];
  /** Height and width of the input at each use; null where the network takes any size. */
  readonly inputSizes: readonly (readonly [number | null, number | null])[];
}

/** The weights of a plain layer and, where one follows, of its norm. Tensors belong to who made them. */
export interface PlainWeights {
  /** As the site's `kernelShape`. */
  readonly kernel: Tensor4D;
  /** `[cout]` */
  readonly bias: Tensor1D | null;
  readonly norm: NormWeights | null;
}

/** Weights and running statistics of a batch norm, each `[channels]`. */
export interface NormWeights {
  readonly gamma: Tensor1D;
  readonly beta: Tensor1D;
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** One plain convolution (or dense layer, kernel `[1, 1, cin, cout]`) that a collapse gives back. */
export interface PlainLayer {
  /** `[kh, kw, cin, cout]`, in groups `[kh, kw, cin / groups, cout]`; the caller disposes. */
  readonly kernel: Tensor4D;
  /** The site's own; 1 where left out. */
  readonly groups?: number;
  /** `[cout]`, or null for none; the caller disposes. */
  readonly bias: Tensor1D | null;
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}
