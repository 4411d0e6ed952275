import type { Matrix } from './matrix';

/** `values[k]` belongs to the unit vector `vectors[k]`. */
export interface Eigen {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** Sweeps are few: convergence is quadratic. */
const sweeps = 60;

/**
 * All eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations, in no order.
 *
 * Source: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th edition, section 8.5
 */
export function symmetricEigen(matrix: Matrix): Eigen {
  const size = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = matrix.map((_, i) => matrix.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const off = a[p]![q]!;
        if (Math.abs(off) <= 1e-16 * Math.sqrt(Math.abs(a[p]![p]! * a[q]![q]!)) || off === 0) continue;
        rotated = true;
        const slope = (a[q]![q]! - a[p]![p]!) / (2 * off);
        const tangent = (slope >= 0 ? 1 : -1) / (Math.abs(slope) + Math.sqrt(slope * slope + 1));
        const cosine = 1 / Math.sqrt(tangent * tangent + 1);
        rotateColumns(a, p, q, cosine, tangent * cosine);
        rotateRows(a, p, q, cosine, tangent * cosine);
        rotateRows(vectors, p, q, cosine, tangent * cosine);
      }
    }
    if (!rotated) break;
  }
  return { values: a.map((row, index) => row[index]!), vectors };
}

function rotateColumns(a: number[][], p: number, q: number, cosine: number, sine: number): void {
  for (const row of a) {
    const left = row[p]!;
    const right = row[q]!;
    row[p] = cosine * left - sine * right;
    row[q] = sine * left + cosine * right;
  }
}

function rotateRows(a: number[][], p: number, q: number, cosine: number, sine: number): void {
  const upper = a[p]!;
  const lower = a[q]!;
  a[p] = upper.map((value, k) => cosine * value - sine * lower[k]!);
  a[q] = upper.map((value, k) => sine * value + cosine * lower[k]!);
}
