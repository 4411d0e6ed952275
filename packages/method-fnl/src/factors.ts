import type { PlainLayer, Site } from '@overparam/plugin';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';

/** How a convolution moves over its input. */
export type Geometry = Pick<PlainLayer, 'strides' | 'dilation' | 'padding'>;

/** How the two thin convolutions of a low-rank layer lie: first along rows of the image, then along columns. */
export function factorGeometry({ strides, dilation, padding }: Site): readonly [Geometry, Geometry] {
  return [
    { strides: [1, strides[1]], dilation: [1, dilation[1]], padding: [[0, 0], padding[1]] },
    { strides: [strides[0], 1], dilation: [dilation[0], 1], padding: [padding[0], [0, 0]] },
  ];
}

/**
 * Kernels of the two thin convolutions whose composition is the kernel of `left right`.
 *
 * @param left   `[cout * kh, rank]`
 * @param right  `[rank, cin * kw]`
 * @returns      `[1, kw, cin, rank]` and `[kh, 1, rank, cout]`; the caller disposes both
 */
export function factorKernels(
  { kernelShape: [kh, kw, cin, cout] }: Site,
  left: Tensor2D,
  right: Tensor2D,
): readonly [Tensor4D, Tensor4D] {
  const rank = left.shape[1];
  const row = right.reshape([rank, cin, kw, 1]).transpose([3, 2, 1, 0]) as Tensor4D;
  const column = left.reshape([cout, kh, rank, 1]).transpose([1, 3, 2, 0]) as Tensor4D;
  return [row, column];
}
