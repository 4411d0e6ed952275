/**
 * A convolution's kernel in PyTorch's layout, in doubles: `[cout, cin / groups, kh, kw]` in row-major order.
 */
export interface Kernel {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float64Array;
}

/** A kernel and its bias, `[cout]`: what a branch is in inference. */
export interface Affine {
  readonly kernel: Kernel;
  readonly bias: Float64Array;
}

/** Inference statistics of a norm in doubles, each `[channels]`. */
export interface NormNumbers {
  readonly gamma: Float64Array;
  readonly beta: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly epsilon: number;
}

/** A kernel behind which a norm stands: both as one kernel and bias. */
export function withNorm({ kernel, bias }: Affine, norm: NormNumbers): Affine {
  const [cout] = kernel.shape;
  const data = kernel.data.slice();
  const size = data.length / Math.max(1, cout);
  const shift = new Float64Array(cout);
  for (let o = 0; o < cout; o++) {
    const factor = norm.gamma[o]! / Math.sqrt(norm.variance[o]! + norm.epsilon);
    for (let at = o * size; at < (o + 1) * size; at++) data[at]! *= factor;
    shift[o] = norm.beta[o]! + (bias[o]! - norm.mean[o]!) * factor;
  }
  return { kernel: { shape: kernel.shape, data }, bias: shift };
}

/** A kernel without bias. */
export function unbiased(kernel: Kernel): Affine {
  return { kernel, bias: new Float64Array(kernel.shape[0]) };
}

/** The sum of branches; smaller kernels stand in the middle of the largest. */
export function sumOf(branches: readonly Affine[]): Affine {
  const shape = branches.map(({ kernel }) => kernel.shape).reduce((a, b) => (b[2] > a[2] ? b : a));
  const [cout, cin, kh, kw] = shape;
  const data = new Float64Array(cout * cin * kh * kw);
  const bias = new Float64Array(cout);
  for (const { kernel, bias: own } of branches) {
    const [, , h, w] = kernel.shape;
    const top = (kh - h) >> 1;
    const left = (kw - w) >> 1;
    for (let pair = 0; pair < cout * cin; pair++) {
      for (let tap = 0; tap < h * w; tap++) {
        const row = top + Math.floor(tap / w);
        const column = left + (tap % w);
        data[pair * kh * kw + row * kw + column]! += kernel.data[pair * h * w + tap]!;
      }
    }
    for (let o = 0; o < cout; o++) bias[o]! += own[o]!;
  }
  return { kernel: { shape, data }, bias };
}

/** The kernel that hands its input on, `[channels, channels / groups, 1, 1]`. */
export function identityOf(channels: number, groups: number): Kernel {
  return meanOf(channels, groups, 1);
}

/** The kernel of average pooling: each channel's mean over `side` x `side` pixels. */
export function meanOf(channels: number, groups: number, side: number): Kernel {
  const cin = channels / groups;
  const taps = side * side;
  const data = new Float64Array(channels * cin * taps);
  for (let o = 0; o < channels; o++)
    data.fill(1 / taps, (o * cin + (o % cin)) * taps, (o * cin + (o % cin) + 1) * taps);
  return { shape: [channels, cin, side, side], data };
}

/**
 * A 1x1 convolution with bias followed by another one as one kernel: K[o, i] = sum over c of second[o, c] first[c, i] within
 * each group, and the bias of the first goes through all taps of the second.
 *
 * Source: Ding et al. 2021, "Diverse Branch Block", transform III, https://arxiv.org/abs/2103.13425
 */
export function chainOf(first: Affine, second: Affine, groups: number): Affine {
  const [middle, cin] = first.kernel.shape;
  const [cout, perGroup, kh, kw] = second.kernel.shape;
  const taps = kh * kw;
  const data = new Float64Array(cout * cin * taps);
  const bias = second.bias.slice();
  for (let o = 0; o < cout; o++) {
    const start = Math.floor(o / (cout / groups)) * (middle / groups);
    for (let c = 0; c < perGroup; c++) {
      for (let tap = 0; tap < taps; tap++) {
        const factor = second.kernel.data[(o * perGroup + c) * taps + tap]!;
        bias[o]! += factor * first.bias[start + c]!;
        for (let i = 0; i < cin; i++) {
          data[(o * cin + i) * taps + tap]! += factor * first.kernel.data[(start + c) * cin + i]!;
        }
      }
    }
  }
  return { kernel: { shape: [cout, cin, kh, kw], data }, bias };
}
