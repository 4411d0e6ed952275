import { symmetricEigen } from '@overparam/core-reparam';
import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

import { timesTransposed, transposed } from './products';

/** The outer factors of a matrix. */
export interface Factors {
  /** `[rows, rank]` */
  readonly u: Tensor2D;
  /** `[rank, columns]` */
  readonly v: Tensor2D;
}

/**
 * Spectral initialisation: A = P S Q^T, U = P S^(1/2), V = S^(1/2) Q^T, cut or filled with zeros to `rank`
 * (Khodak et al., ICLR 2021, section 3.1). Computed in doubles.
 *
 * P and S^2 are eigenvectors and eigenvalues of A A^T (of A^T A where that is smaller), which takes a third of
 * the time of a full decomposition; the other factor follows from A itself, so that the product is A to
 * rounding however small a singular value is.
 *
 * U V is A where `rank` reaches the smaller side of A, else its best approximation of that rank. Columns
 * beyond the smaller side are zero and stay zero under gradient descent.
 *
 * @param matrix  `[rows, columns]`
 * @returns       factors; the caller disposes both
 */
export function spectral(matrix: Tensor2D, rank: number): Factors {
  const [rows, columns] = matrix.shape;
  const wide = rows <= columns;
  const given = matrix.dataSync<'float32'>();
  const turned = transposed(given, rows, columns);
  // The smaller side comes first: `small` is A or A^T.
  const [small, large, near, far] = wide
    ? [Float64Array.from(given), turned, rows, columns]
    : [turned, Float64Array.from(given), columns, rows];
  const { values, vectors } = symmetricEigen(timesTransposed(small, small, [near, near, far]), near);
  const others = timesTransposed(vectors, large, [near, far, near]);
  // Below this an eigenvalue is rounding of a zero.
  const least = Math.max(0, ...values) * near * Number.EPSILON;
  const u = new Float32Array(rows * rank);
  const v = new Float32Array(rank * columns);
  for (let k = 0; k < Math.min(rank, near); k++) {
    // The eigenvalues ascend; the largest singular values come first here.
    const at = near - 1 - k;
    const root = values[at]! > least ? values[at]! ** 0.25 : 0;
    const nearer = (i: number) => vectors[at * near + i]! * root;
    const farther = (j: number) => (root > 0 ? others[at * far + j]! / root : 0);
    for (let i = 0; i < rows; i++) u[i * rank + k] = wide ? nearer(i) : farther(i);
    for (let j = 0; j < columns; j++) v[k * columns + j] = wide ? farther(j) : nearer(j);
  }
  return { u: tf.tensor2d(u, [rows, rank]), v: tf.tensor2d(v, [rank, columns]) };
}

/**
 * The released code's random factors: U ~ N(0, 2 / rank), V ~ N(0, 2 / columns). Their product has about
 * 2 k times the variance of a Kaiming kernel, which a norm behind the layer hides.
 *
 * @returns factors; the caller disposes both
 */
export function kaiming(shape: readonly [number, number], rank: number, key: Key): Factors {
  const [rows, columns] = shape;
  return {
    u: normalTensor(foldKey(key, 'u'), [rows, rank], 0, Math.sqrt(2 / rank)) as Tensor2D,
    v: normalTensor(foldKey(key, 'v'), [rank, columns], 0, Math.sqrt(2 / columns)) as Tensor2D,
  };
}
