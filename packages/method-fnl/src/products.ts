/** Rows of either factor that a tile takes; sixteen sums at once keep every entry that is read in use four times. */
const side = 4;

/**
 * A B^T in doubles, by tiles.
 *
 * @param a     `[rows, inner]`, row by row
 * @param b     `[columns, inner]`, row by row
 * @returns     `[rows, columns]`
 */
export function timesTransposed(
  a: Float64Array,
  b: Float64Array,
  [rows, columns, inner]: readonly [number, number, number],
): Float64Array {
  const wholeRows = side * Math.ceil(rows / side);
  const wholeColumns = side * Math.ceil(columns / side);
  const left = padded(a, wholeRows * inner);
  const right = b === a ? left : padded(b, wholeColumns * inner);
  const whole = new Float64Array(wholeRows * wholeColumns);
  for (let i = 0; i < wholeRows; i += side) {
    for (let j = 0; j < wholeColumns; j += side) tile(left, right, whole, i, j, inner, wholeColumns);
  }
  if (columns === wholeColumns) return whole.subarray(0, rows * columns);
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    result.set(whole.subarray(i * wholeColumns, i * wholeColumns + columns), i * columns);
  }
  return result;
}

/** A matrix with its rows and columns exchanged, in doubles. */
export function transposed(matrix: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  }
  return result;
}

function padded(values: Float64Array, length: number): Float64Array {
  if (values.length === length) return values;
  const result = new Float64Array(length);
  result.set(values);
  return result;
}

/** Sixteen sums of products, written out: as variables they stay in registers. */
function tile(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  i: number,
  j: number,
  inner: number,
  columns: number,
): void {
  const a0 = a.subarray(i * inner, (i + 1) * inner);
  const a1 = a.subarray((i + 1) * inner, (i + 2) * inner);
  const a2 = a.subarray((i + 2) * inner, (i + 3) * inner);
  const a3 = a.subarray((i + 3) * inner, (i + 4) * inner);
  const b0 = b.subarray(j * inner, (j + 1) * inner);
  const b1 = b.subarray((j + 1) * inner, (j + 2) * inner);
  const b2 = b.subarray((j + 2) * inner, (j + 3) * inner);
  const b3 = b.subarray((j + 3) * inner, (j + 4) * inner);
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (let k = 0; k < inner; k++) {
    const x0 = a0[k]!;
    const x1 = a1[k]!;
    const x2 = a2[k]!;
    const x3 = a3[k]!;
    const y0 = b0[k]!;
    const y1 = b1[k]!;
    const y2 = b2[k]!;
    const y3 = b3[k]!;
    c00 += x0 * y0;
    c01 += x0 * y1;
    c02 += x0 * y2;
    c03 += x0 * y3;
    c10 += x1 * y0;
    c11 += x1 * y1;
    c12 += x1 * y2;
    c13 += x1 * y3;
    c20 += x2 * y0;
    c21 += x2 * y1;
    c22 += x2 * y2;
    c23 += x2 * y3;
    c30 += x3 * y0;
    c31 += x3 * y1;
    c32 += x3 * y2;
    c33 += x3 * y3;
  }
  c.set([c00, c01, c02, c03], i * columns + j);
  c.set([c10, c11, c12, c13], (i + 1) * columns + j);
  c.set([c20, c21, c22, c23], (i + 2) * columns + j);
  c.set([c30, c31, c32, c33], (i + 3) * columns + j);
}
