/**
 * Eigenvectors and eigenvalues of a symmetric matrix, in doubles: Householder's tridiagonalisation and the implicit QL
 * iteration (Golub & Van Loan, Matrix Computations, 4th edition, sections 8.3.1 to 8.3.5).
 *
 * A layer of 512 channels has a matrix of 1536 x 1536. Everything here runs along rows, in pieces that stay in the
 * processor's cache: 9 seconds for that, where a library whose vectors are columns took 23.
 */

/** A = V^T diag(values) V. */
export interface Eigen {
  /** `[n]`, ascending. */
  readonly values: Float64Array;
  /** V, `[n, n]`: an eigenvector in every row, orthonormal. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix.
 *
 * @param matrix  `[n, n]`, row by row; only what is on and below the diagonal is read, and overwritten
 * @param n       at least 1
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const { diagonal, beside, scales } = tridiagonalise(matrix, n);
  const rows = product(matrix, scales, n);
  iterate(diagonal, beside, rows, n);
  return sorted(diagonal, rows, n);
}

/**
 * The eigenvalues alone, in a fraction of the time.
 *
 * @param matrix  as {@link symmetricEigen} takes it
 * @returns       `[n]`, ascending
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonalise(matrix, n);
  iterate(diagonal, beside, null, n);
  return diagonal.sort();
}

/** Rows, and columns, that stay in the cache while something passes over them. */
const rowsAtOnce = 32;
const columnsAtOnce = 512;

/** T = Q^T A Q. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i is beside entries i and i + 1 of the diagonal. */
  readonly beside: Float64Array;
  /** Reflection i is I - scale_i v_i v_i^T, Q their product, the last first; v_i is left in row i of the matrix. */
  readonly scales: Float64Array;
}

function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const beside = new Float64Array(n);
  const scales = new Float64Array(n);
  const w = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const v = a.subarray(i * n, i * n + i);
    let size = 0;
    for (let j = 0; j < i - 1; j++) size = Math.max(size, Math.abs(v[j]!));
    if (size === 0) {
      beside[i - 1] = v[i - 1]!;
      continue;
    }
    // The vector's length is free; at this one squares do not vanish.
    size = Math.max(size, Math.abs(v[i - 1]!));
    let square = 0;
    for (let j = 0; j < i; j++) {
      v[j]! /= size;
      square += v[j]! * v[j]!;
    }
    const norm = Math.sqrt(square);
    const last = v[i - 1]!;
    // Away from the last entry, so that nothing cancels.
    const image = last > 0 ? -norm : norm;
    beside[i - 1] = image * size;
    v[i - 1] = last - image;
    const scale = 1 / (square - last * image);
    scales[i] = scale;
    lowerTimes(a, v, w, n);
    let along = 0;
    for (let j = 0; j < i; j++) {
      w[j]! *= scale;
      along += w[j]! * v[j]!;
    }
    along *= scale / 2;
    for (let j = 0; j < i; j++) w[j]! -= along * v[j]!;
    // A - v w^T - w v^T, below the diagonal.
    for (let r = 0; r < i; r++) {
      const row = a.subarray(r * n, r * n + r + 1);
      const vr = v[r]!;
      const wr = w[r]!;
      for (let j = 0; j <= r; j++) row[j]! -= vr * w[j]! + wr * v[j]!;
    }
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), beside, scales };
}

/** y = A v for the leading rows of a symmetric matrix of which the lower half is stored. */
function lowerTimes(a: Float64Array, v: Float64Array, y: Float64Array, n: number): void {
  y.fill(0, 0, v.length);
  for (let r = 0; r < v.length; r++) {
    const row = a.subarray(r * n, r * n + r + 1);
    const vr = v[r]!;
    let even = 0;
    let odd = 0;
    let j = 0;
    for (; j + 1 < r; j += 2) {
      const x0 = row[j]!;
      const x1 = row[j + 1]!;
      even += x0 * v[j]!;
      odd += x1 * v[j + 1]!;
      y[j]! += vr * x0;
      y[j + 1]! += vr * x1;
    }
    if (j < r) {
      even += row[j]! * v[j]!;
      y[j]! += vr * row[j]!;
    }
    y[r]! += even + odd + row[r]! * vr;
  }
}

/** Q^T: the reflections from the first to the last, each from the right. */
function product(a: Float64Array, scales: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let first = 0; first < n; first += rowsAtOnce) {
    // A reflection that is shorter than a row's place does not touch the row.
    for (let i = first + 1; i < n; i++) {
      if (scales[i] === 0) continue;
      const v = a.subarray(i * n, i * n + i);
      for (let r = first; r < Math.min(first + rowsAtOnce, i); r++) {
        reflect(q.subarray(r * n, r * n + i), v, scales[i]!);
      }
    }
  }
  return q;
}

function reflect(row: Float64Array, v: Float64Array, scale: number): void {
  const { length } = v;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 3 < length; j += 4) {
    s0 += row[j]! * v[j]!;
    s1 += row[j + 1]! * v[j + 1]!;
    s2 += row[j + 2]! * v[j + 2]!;
    s3 += row[j + 3]! * v[j + 3]!;
  }
  for (; j < length; j++) s0 += row[j]! * v[j]!;
  const along = scale * (s0 + s1 + s2 + s3);
  for (j = 0; j < length; j++) row[j]! -= along * v[j]!;
}

/** Turns the tridiagonal matrix diagonal, and the rows with it, where there are any. */
function iterate(d: Float64Array, e: Float64Array, rows: Float64Array | null, n: number): void {
  let size = 0;
  for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(d[i]!) + Math.abs(e[i]!));
  const negligible = Number.EPSILON * size;
  const cosines = new Float64Array(n);
  const sines = new Float64Array(n);
  for (let low = 0; low < n; low++) {
    for (;;) {
      let high = low;
      while (high < n - 1 && Math.abs(e[high]!) > negligible) high++;
      if (high === low) break;
      const first = sweep(d, e, low, high, cosines, sines);
      if (rows) rotate(rows, n, first, high, cosines, sines);
    }
  }
}

/**
 * One implicit QL step on the entries from `low` to `high`, with Wilkinson's shift.
 *
 * @returns the first of the rotations that were made; rotation i turns rows i and i + 1, the highest comes first
 */
function sweep(
  d: Float64Array,
  e: Float64Array,
  low: number,
  high: number,
  cosines: Float64Array,
  sines: Float64Array,
): number {
  const half = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[high]! - d[low]! + e[low]! / (half + (half < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = high - 1; i >= low; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The matrix has come apart here.
      d[i + 1]! -= shift;
      e[high] = 0;
      return i + 1;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - shift;
    const t = (d[i]! - g) * sine + 2 * cosine * b;
    shift = sine * t;
    d[i + 1] = g + shift;
    g = cosine * t - b;
    cosines[i] = cosine;
    sines[i] = sine;
  }
  d[low]! -= shift;
  e[low] = g;
  e[high] = 0;
  return low;
}

/** Turns rows by the rotations from `high - 1` down to `low`, two at a time. */
function rotate(
  rows: Float64Array,
  n: number,
  low: number,
  high: number,
  cosines: Float64Array,
  sines: Float64Array,
): void {
  for (let from = 0; from < n; from += columnsAtOnce) {
    const to = Math.min(n, from + columnsAtOnce);
    const row = (r: number) => rows.subarray(r * n + from, r * n + to);
    let i = high - 1;
    for (; i > low; i -= 2) {
      rotateTwo(row(i - 1), row(i), row(i + 1), cosines[i - 1]!, sines[i - 1]!, cosines[i]!, sines[i]!);
    }
    if (i === low) rotateOne(row(i), row(i + 1), cosines[i]!, sines[i]!);
  }
}

function rotateOne(upper: Float64Array, lower: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < upper.length; k++) {
    const x = upper[k]!;
    const y = lower[k]!;
    lower[k] = sine * x + cosine * y;
    upper[k] = cosine * x - sine * y;
  }
}

/** The rotation of `middle` and `lower`, then that of `upper` and `middle`, with `middle` read and written once. */
function rotateTwo(
  upper: Float64Array,
  middle: Float64Array,
  lower: Float64Array,
  upperCosine: number,
  upperSine: number,
  lowerCosine: number,
  lowerSine: number,
): void {
  for (let k = 0; k < upper.length; k++) {
    const x = upper[k]!;
    const y = middle[k]!;
    const z = lower[k]!;
    lower[k] = lowerSine * y + lowerCosine * z;
    const turned = lowerCosine * y - lowerSine * z;
    middle[k] = upperSine * x + upperCosine * turned;
    upper[k] = upperCosine * x - upperSine * turned;
  }
}

function sorted(d: Float64Array, rows: Float64Array, n: number): Eigen {
  const order = Array.from(d.keys()).sort((i, j) => d[i]! - d[j]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(rows.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}
