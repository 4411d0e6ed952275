/**
 * Each value of a picture's plane as its difference, modulo the type's range, to a prediction from the values before it:
 * small numbers, which a general compressor packs well. Without loss.
 *
 * The prediction is the median edge detector of LOCO-I (Weinberger, Seroussi, Sapiro, 2000,
 * https://doi.org/10.1109/83.855427), from the values to the left, above, and above left; at the borders the one
 * neighbour there is, or 0.
 *
 * @param plane  row-major, `width` values a row
 */
export function toDifferences<T extends Uint8Array | Uint16Array>(plane: T, width: number): T {
  const coded = copyOf(plane);
  for (let k = 0; k < plane.length; k++) coded[k] = plane[k]! - predict(plane, k, width);
  return coded;
}

/** The inverse of {@link toDifferences}. */
export function fromDifferences<T extends Uint8Array | Uint16Array>(coded: T, width: number): T {
  const plane = copyOf(coded);
  for (let k = 0; k < plane.length; k++) plane[k] = coded[k]! + predict(plane, k, width);
  return plane;
}

/** A Buffer's own `slice` would be a view, and change what was given. */
function copyOf<T extends Uint8Array | Uint16Array>(plane: T): T {
  return (plane instanceof Uint8Array ? new Uint8Array(plane) : new Uint16Array(plane)) as T;
}

function predict(plane: Uint8Array | Uint16Array, k: number, width: number): number {
  const leftmost = k % width === 0;
  if (k < width) return leftmost ? 0 : plane[k - 1]!;
  const above = plane[k - width]!;
  if (leftmost) return above;
  const left = plane[k - 1]!;
  const corner = plane[k - width - 1]!;
  const low = Math.min(left, above);
  const high = Math.max(left, above);
  if (corner >= high) return low;
  return corner <= low ? high : left + above - corner;
}
