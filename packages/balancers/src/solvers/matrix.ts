/** A small square matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

/** The inner product of two vectors. */
export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

/** `matrix` times `vector`. */
export function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}

/** The sum of the elements. */
export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The sum of the elements' squares. */
export function squaredSum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** The square roots of the diagonal: lengths of the gradients that a Gramian is of. */
export function lengths(gramian: Matrix): number[] {
  return gramian.map((row, index) => Math.sqrt(Math.max(0, row[index]!)));
}

/** Cosines between the gradients of a Gramian; 0 with a gradient of no length, 1 of each with itself. */
export function cosines(gramian: Matrix): number[][] {
  const norms = lengths(gramian);
  return gramian.map((row, i) =>
    row.map((value, j) => {
      if (i === j) return 1;
      const scale = norms[i]! * norms[j]!;
      return scale > 0 ? Math.min(1, Math.max(-1, value / scale)) : 0;
    }),
  );
}

/** The rows and columns of the given indices. */
export function submatrix(matrix: Matrix, indices: readonly number[]): number[][] {
  return indices.map((row) => indices.map((column) => matrix[row]![column]!));
}

/**
 * A Gramian whose gradients of no length have products of 0. In float32 the square of a length below 1e-23 is 0 while
 * products with longer gradients are not.
 */
export function consistent(gramian: Matrix): number[][] {
  const there = gramian.map((row, index) => row[index]! > 0);
  return gramian.map((row, i) => row.map((value, j) => (there[i] && there[j] ? value : 0)));
}

/** `matrix` plus `amount` on the diagonal. */
export function withRidge(matrix: Matrix, amount: number): number[][] {
  return matrix.map((row, i) => row.map((value, j) => (i === j ? value + amount : value)));
}

/** Solves `matrix x = right` by Gaussian elimination with row pivoting; NaN where the matrix is singular. */
export function solve(matrix: Matrix, right: readonly number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, index) => [...row, right[index]!]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = column + 1; row < size; row++) {
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let k = column; k <= size; k++) rows[row]![k]! -= factor * rows[column]![k]!;
    }
  }
  const x = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    const known = dot(rows[row]!.slice(row + 1, size), x.slice(row + 1));
    x[row] = (rows[row]![size]! - known) / rows[row]![row]!;
  }
  return x;
}

/** Squared length of a combination of the gradients. */
export function squaredLength(gramian: Matrix, factors: readonly number[]): number {
  return Math.max(0, dot(factors, times(gramian, factors)));
}

/**
 * Sums over columns: factors of the gradients, where row i says what task i's changed gradient is made of.
 */
export function columnSums(rows: Matrix): number[] {
  return rows[0]!.map((_, column) => sumOf(rows.map((row) => row[column]!)));
}
