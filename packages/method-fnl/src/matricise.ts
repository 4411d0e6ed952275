import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs';

/**
 * A kernel as the matrix that FNL factorises: rows are (output channel, kernel row), columns are (input
 * channel, kernel column).
 *
 * The released code leaves the transposition out when it decomposes, which permutes the kernel's values;
 * this one is the exact inverse of {@link kernelOf}.
 *
 * @param kernel  `[kh, kw, cin, cout]`
 * @returns       `[cout * kh, cin * kw]`; the caller disposes
 */
export function matrixOf(kernel: Tensor4D): Tensor2D {
  const [kh, kw, cin, cout] = kernel.shape;
  return kernel.transpose([3, 0, 2, 1]).reshape([cout * kh, cin * kw]) as Tensor2D;
}

/**
 * The kernel of a matrix, the inverse of {@link matrixOf}.
 *
 * @param matrix  `[cout * kh, cin * kw]`
 * @returns       `[kh, kw, cin, cout]`; the caller disposes
 */
export function kernelOf(
  matrix: Tensor2D,
  [kh, kw, cin, cout]: readonly [number, number, number, number],
): Tensor4D {
  return matrix.reshape([cout, kh, cin, kw]).transpose([1, 3, 2, 0]) as Tensor4D;
}
