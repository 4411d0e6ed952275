import type { Tensor4D } from '@tensorflow/tfjs';
import { symmetricEigenvalues } from './eigen';

/**
 * Singular values of a kernel as the matrix `[kh * kw * cin, cout]`, in doubles.
 *
 * They are roots of eigenvalues of a product of the matrix with itself, so what is below about 1e-8 of the largest is
 * rounding. Reads the kernel's values.
 *
 * @param kernel  `[kh, kw, cin, cout]`; the caller's
 * @returns       `[min(kh * kw * cin, cout)]`, ascending
 */
export function singularValues(kernel: Tensor4D): Float64Array {
  const cout = kernel.shape[3];
  const rows = kernel.size / cout;
  const values = kernel.dataSync();
  const small = Math.min(rows, cout);
  const gram = new Float64Array(small * small);
  const entry =
    cout <= rows
      ? (i: number, j: number) => {
          let sum = 0;
          for (let r = 0; r < rows; r++) sum += values[r * cout + i]! * values[r * cout + j]!;
          return sum;
        }
      : (i: number, j: number) => {
          let sum = 0;
          for (let c = 0; c < cout; c++) sum += values[i * cout + c]! * values[j * cout + c]!;
          return sum;
        };
  for (let i = 0; i < small; i++) for (let j = 0; j <= i; j++) gram[i * small + j] = entry(i, j);
  return symmetricEigenvalues(gram, small).map((value) => Math.sqrt(Math.max(0, value)));
}

/**
 * The effective rank of a kernel: e to the entropy of its singular values as shares of their sum (Roy and Vetterli, "The
 * effective rank", EUSIPCO 2007). From 1 for a single direction to the matrix's smaller side; 0 for a kernel of zeros.
 *
 * @param kernel  `[kh, kw, cin, cout]`; the caller's
 */
export function effectiveRank(kernel: Tensor4D): number {
  const values = singularValues(kernel);
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 0;
  let entropy = 0;
  for (const value of values) {
    const share = value / total;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}
