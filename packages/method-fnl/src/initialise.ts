import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { EVD, Matrix } from 'ml-matrix';

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
  const given = Matrix.from1DArray(rows, columns, matrix.dataSync());
  const wide = rows <= columns;
  const { vectors, roots } = leftSide(wide ? given : given.transpose());
  const others = vectors.transpose().mmul(wide ? given : given.transpose());
  const u = new Float32Array(rows * rank);
  const v = new Float32Array(rank * columns);
  for (let k = 0; k < Math.min(rank, rows, columns); k++) {
    // The eigenvalues ascend; the largest singular values come first here.
    const at = vectors.columns - 1 - k;
    const root = roots[at]!;
    const near = (i: number) => vectors.get(i, at) * root;
    const far = (j: number) => (root > 0 ? others.get(at, j) / root : 0);
    for (let i = 0; i < rows; i++) u[i * rank + k] = wide ? near(i) : far(i);
    for (let j = 0; j < columns; j++) v[k * columns + j] = wide ? far(j) : near(j);
  }
  return { u: tf.tensor2d(u, [rows, rank]), v: tf.tensor2d(v, [rank, columns]) };
}

/** Left singular vectors of a matrix, and the roots of its singular values, ascending. */
function leftSide(matrix: Matrix): { vectors: Matrix; roots: number[] } {
  const { eigenvectorMatrix, realEigenvalues } = new EVD(matrix.mmul(matrix.transpose()), {
    assumeSymmetric: true,
  });
  const largest = Math.max(0, ...realEigenvalues);
  // Below this an eigenvalue is rounding of a zero.
  const smallest = largest * matrix.rows * Number.EPSILON;
  return {
    vectors: eigenvectorMatrix,
    roots: realEigenvalues.map((value) => (value > smallest ? value ** 0.25 : 0)),
  };
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
