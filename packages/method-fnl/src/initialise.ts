import { foldKey, type Key, normalTensor } from '@overparam/engine';
import type { Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { Matrix, SVD } from 'ml-matrix';

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
 * U V is A where `rank` reaches the smaller side of A, else its best approximation of that rank. Columns
 * beyond the smaller side are zero and stay zero under gradient descent.
 *
 * @param matrix  `[rows, columns]`
 * @returns       factors; the caller disposes both
 */
export function spectral(matrix: Tensor2D, rank: number): Factors {
  const [rows, columns] = matrix.shape;
  const values = matrix.dataSync();
  const given = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) given.set(i, j, values[i * columns + j]!);
  const decomposition = new SVD(given, { autoTranspose: true });
  const left = decomposition.leftSingularVectors;
  const right = decomposition.rightSingularVectors;
  const roots = decomposition.diagonal.map(Math.sqrt);
  const alive = Math.min(rank, rows, columns);
  const u = new Float32Array(rows * rank);
  const v = new Float32Array(rank * columns);
  for (let k = 0; k < alive; k++) {
    for (let i = 0; i < rows; i++) u[i * rank + k] = left.get(i, k) * roots[k]!;
    for (let j = 0; j < columns; j++) v[k * columns + j] = right.get(j, k) * roots[k]!;
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
