/**
 * Training kernels as loops over float32 arrays, for backends whose tensors are such arrays. Sums are in double.
 * Matrices are `[pixels, channels]`, row by row.
 */

/** Sums over pixels of a and of a * b for each channel. */
export function sumChannels(a: Float32Array, b: Float32Array, channels: number) {
  const sums = new Float64Array(channels);
  const products = new Float64Array(channels);
  for (let at = 0; at < a.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const value = a[at + c] as number;
      sums[c] = (sums[c] as number) + value;
      products[c] = (products[c] as number) + value * (b[at + c] as number);
    }
  }
  return { sums, products };
}

/** Rows of the table that {@link applyChannels} reads: out = (b - centre) * slope + offset (+ a * other). */
export interface ChannelTable {
  readonly centre: Float32Array;
  readonly slope: Float32Array;
  readonly offset: Float32Array;
  readonly other: Float32Array;
}

/** out = (b - centre) * slope + offset, plus a * other where `a` is given. */
export function applyChannels(
  a: Float32Array | null,
  b: Float32Array,
  table: ChannelTable,
  out: Float32Array,
): void {
  const { centre, slope, offset, other } = table;
  const channels = centre.length;
  for (let at = 0; at < b.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const value =
        ((b[at + c] as number) - (centre[c] as number)) * (slope[c] as number) + (offset[c] as number);
      out[at + c] = a === null ? value : value + (a[at + c] as number) * (other[c] as number);
    }
  }
}

/** Mean, biased variance and the table of y = gamma (x - mean) / sqrt(variance + epsilon) + beta, from sums of x and x². */
export function normTable(
  sums: Float64Array,
  squares: Float64Array,
  count: number,
  gamma: Float32Array,
  beta: Float32Array,
  epsilon: number,
) {
  const mean = new Float32Array(gamma.length);
  const variance = new Float32Array(gamma.length);
  const slope = new Float32Array(gamma.length);
  for (let c = 0; c < gamma.length; c++) {
    const average = (sums[c] as number) / count;
    // In double the difference of squares is exact enough: float32 inputs leave 29 bits to spare. A NaN stays one.
    const spread = (squares[c] as number) / count - average * average;
    mean[c] = average;
    variance[c] = Math.max(spread, 0);
    slope[c] = (gamma[c] as number) / Math.sqrt((variance[c] as number) + epsilon);
  }
  return { mean, variance, table: { centre: mean, slope, offset: beta, other: slope } };
}

/** dgamma, dbeta and the table of dx, from sums of dy and dy * x. */
export function normGradientTable(
  sums: Float64Array,
  products: Float64Array,
  count: number,
  gamma: Float32Array,
  mean: Float32Array,
  variance: Float32Array,
  epsilon: number,
) {
  const channels = gamma.length;
  const dgamma = new Float32Array(channels);
  const dbeta = new Float32Array(channels);
  const slope = new Float32Array(channels);
  const offset = new Float32Array(channels);
  const other = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const inverse = 1 / Math.sqrt((variance[c] as number) + epsilon);
    const sum = sums[c] as number;
    const projected = ((products[c] as number) - (mean[c] as number) * sum) * inverse;
    const scale = (gamma[c] as number) * inverse;
    dgamma[c] = projected;
    dbeta[c] = sum;
    other[c] = scale;
    slope[c] = (-scale * inverse * projected) / count;
    offset[c] = (-scale * sum) / count;
  }
  return { dgamma, dbeta, table: { centre: mean, slope, offset, other } };
}

/** Whether no value is NaN or infinite. */
export function finite(values: Float32Array): boolean {
  // x * 0 is 0 for finite x and NaN otherwise, and NaN stays in a sum: no branch in the loop.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  return sum === 0;
}
