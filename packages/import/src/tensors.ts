/** Numbers of a tensor as they were read; half precision is widened without loss. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | BigInt64Array;

/** A tensor of another program's file, in that program's layout. */
export interface SourceTensor {
  /** The type in the file: `float32`, `float64`, `float16`, `bfloat16`, `int64` and so on, or `bool`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** In row-major order, as many as the shape says; borrowed from the file's memory, not to be written to. */
  readonly data: Numbers;
}

/** Tensors by their names in the file, in its order. */
export type StateDict = ReadonlyMap<string, SourceTensor>;

/** Numbers that a shape holds; 1 for `[]`. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The numbers of a tensor as doubles; a copy. */
export function doublesOf({ data }: SourceTensor): Float64Array {
  if (data instanceof BigInt64Array) return Float64Array.from(data, Number);
  return Float64Array.from(data as Float32Array);
}
