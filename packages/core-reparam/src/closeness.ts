import type { Tensor } from '@tensorflow/tfjs';

/**
 * max|candidate - reference| / max|reference|, the one measure of closeness in this project.
 *
 * Infinity where shapes differ or a number is not finite; 0 where both are all zero.
 */
export function gapBetween(candidate: Tensor, reference: Tensor): number {
  if (candidate.shape.join() !== reference.shape.join()) return Number.POSITIVE_INFINITY;
  return gapOf(candidate.dataSync() as Float32Array, reference.dataSync() as Float32Array);
}

/** {@link gapBetween} on plain numbers. */
export function gapOf(candidate: ArrayLike<number>, reference: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < reference.length; i++) {
    const distance = Math.abs(candidate[i]! - reference[i]!);
    if (!Number.isFinite(distance)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    size = Math.max(size, Math.abs(reference[i]!));
  }
  if (difference === 0) return 0;
  return size === 0 ? Number.POSITIVE_INFINITY : difference / size;
}
