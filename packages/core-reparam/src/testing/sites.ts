import { foldKey, type Key, normalTensor, uniformTensor } from '@overparam/engine';
import type { Padding, PlainWeights, Site } from '@overparam/plugin';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { inputChannels, samePadding } from '../algebra/geometry';

/** What a case of the kit varies. */
export interface SiteCase {
  /** Height and width. */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly dilation: number;
  readonly side: number;
  readonly padding: 'valid' | 'same' | 'symmetric' | 'uneven';
  readonly bias: boolean;
  readonly norm: boolean;
  readonly channels: readonly [number, number];
}

/** Kernels that are not square or have no middle, and dilated ones, with and without a norm. */
function furtherCases(): SiteCase[] {
  const common = { side: 10, padding: 'same', bias: true } as const;
  const kernels = [
    [1, 3],
    [3, 2],
    [4, 4],
  ] as const;
  return [true, false].flatMap((norm) => [
    ...kernels.map(
      (kernel): SiteCase => ({ ...common, kernel, stride: 1, dilation: 1, norm, channels: [4, 4] }),
    ),
    ...([2, 3] as const).map(
      (dilation): SiteCase => ({ ...common, kernel: [3, 3], stride: 1, dilation, norm, channels: [4, 4] }),
    ),
  ]);
}

/** Every kernel size x stride x odd and even side x padding kind x bias x norm, with equal and unequal channels. */
export function allCases(): SiteCase[] {
  const cases: SiteCase[] = [];
  for (const kernel of [1, 3, 5, 7])
    for (const stride of [1, 2])
      for (const side of [9, 10])
        for (const padding of ['valid', 'same', 'symmetric', 'uneven'] as const)
          for (const bias of [false, true])
            for (const norm of [false, true])
              cases.push({
                kernel: [kernel, kernel],
                stride,
                dilation: 1,
                side,
                padding,
                bias,
                norm,
                channels: cases.length % 2 ? [4, 6] : [5, 5],
              });
  return [...cases, ...furtherCases()];
}

/** A site as `sitesOf` would describe it. */
export function siteFor(given: SiteCase): Site {
  const { kernel, stride, dilation, side, bias, norm, channels } = given;
  return {
    name: `conv_${kernel.join('x')}`,
    kind: 'conv2d',
    kernelShape: [...kernel, ...channels],
    strides: [stride, stride],
    dilation: [dilation, dilation],
    padding: paddingFor(given),
    bias,
    norm: norm ? { layer: 'norm', epsilon: 1e-5, momentum: 0.9, unbiased: true } : null,
    activation: 'linear',
    bypassed: false,
    tasks: [],
    inputSizes: [[side, side]],
  };
}

function paddingFor({ kernel, stride, dilation, side, padding }: SiteCase): Padding {
  const [half, across] = kernel.map((size) => size >> 1) as [number, number];
  const zero: Padding = [
    [0, 0],
    [0, 0],
  ];
  if (padding === 'valid') return zero;
  if (padding === 'same')
    return samePadding(kernel, [stride, stride], [dilation, dilation], [side, side]) ?? zero;
  return padding === 'symmetric'
    ? [
        [half, half],
        [across, across],
      ]
    : [
        [half, half + 1],
        [0, across],
      ];
}

/** Depthwise and one-dimensional convolutions, with and without norm, stride and dilation. */
export function otherSites(): Site[] {
  const common = { bias: true, dilation: 1, stride: 1, side: 10, padding: 'same' } as const;
  const cases = [true, false].flatMap((norm) =>
    [
      { stride: 2, side: 9, padding: 'symmetric', bias: false } as const,
      { dilation: 2 },
      { padding: 'valid' } as const,
    ].map((own) => ({ ...common, ...own, norm, channels: [4, 4] as const })),
  );
  const sizes = [
    [3, 3],
    [5, 5],
    [1, 1],
  ] as const;
  const depthwise = cases.flatMap((one) =>
    sizes.map((kernel): Site => {
      const site = siteFor({ ...one, kernel });
      return { ...site, kind: 'depthwise', groups: 4, kernelShape: [...kernel, 1, channelsOut(one.norm)] };
    }),
  );
  const rows = cases.flatMap((one) =>
    [1, 3, 5].map((size): Site => {
      const { padding, strides, dilation, ...site } = siteFor({
        ...one,
        kernel: [1, size],
        channels: [4, 6],
      });
      const flat = {
        padding: [[0, 0], padding[1]],
        strides: [1, strides[1]],
        dilation: [1, dilation[1]],
      } as const;
      return { ...site, ...flat, kind: 'conv1d', inputSizes: [[1, 10]] };
    }),
  );
  return [...depthwise, ...rows];
}

/** Channels out of a depthwise site of four: as many, or two each. */
function channelsOut(norm: boolean): number {
  return norm ? 4 : 8;
}

/** A dense layer as a site. */
export function denseSite(bias: boolean): Site {
  return {
    name: 'dense',
    kind: 'dense',
    kernelShape: [1, 1, 6, 4],
    strides: [1, 1],
    dilation: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    bias,
    norm: null,
    activation: 'linear',
    bypassed: false,
    tasks: [],
    inputSizes: [[1, 1]],
  };
}

/** Weights of a plain layer, trained-looking: a norm with statistics of its own. The caller disposes all. */
export function plainWeightsFor(site: Site, key: Key): PlainWeights {
  const [kh, kw, cin, cout] = site.kernelShape;
  const vector = (name: string, low: number, high: number) =>
    uniformTensor(foldKey(key, name), [cout], low, high) as Tensor1D;
  return {
    kernel: normalTensor(
      foldKey(key, 'kernel'),
      [...site.kernelShape],
      0,
      Math.sqrt(2 / (kh * kw * cin)),
    ) as Tensor4D,
    bias: site.bias ? vector('bias', -0.5, 0.5) : null,
    norm: site.norm
      ? {
          gamma: vector('gamma', 0.5, 1.5),
          beta: vector('beta', -0.5, 0.5),
          mean: vector('mean', -0.5, 0.5),
          variance: vector('variance', 0.5, 2),
        }
      : null,
  };
}

/** Images for a site, `[n, h, w, cin]`; the caller disposes. */
export function imagesFor(site: Site, examples: number, key: Key): Tensor4D {
  const [height, width] = site.inputSizes[0]!;
  const shape = [examples, height ?? 9, width ?? 9, inputChannels(site)];
  return normalTensor(key, shape, 0, 1) as Tensor4D;
}

/** Disposes what {@link plainWeightsFor} made. */
export function disposePlain({ kernel, bias, norm }: PlainWeights): void {
  tf.dispose([kernel, ...(bias ? [bias] : []), ...Object.values(norm ?? {})]);
}
