import type { Site } from '@overparam/plugin';
import type { Tensor4D } from '@tensorflow/tfjs';
import { gapOf } from './closeness';

/**
 * The likely cause of a difference between an expanded layer and what it collapses to, from the pattern of
 * the difference.
 *
 * @param candidate  `[n, h, w, cout]`, the collapsed layer's output
 * @param reference  the expanded layer's
 * @param training   the expanded layer's output in training mode on the same input, or null
 */
export function diagnose(
  candidate: Tensor4D,
  reference: Tensor4D,
  training: Tensor4D | null,
  site: Site,
): string {
  if (candidate.shape.join() !== reference.shape.join()) {
    return `the collapsed layer gives [${candidate.shape}] for [${reference.shape}]: strides, dilation or padding differ`;
  }
  const given = candidate.dataSync();
  const wanted = reference.dataSync();
  if (!wanted.every(Number.isFinite)) return 'the expanded layer itself gives numbers that are not finite';
  if (!given.every(Number.isFinite))
    return 'the collapsed weights are not finite; a running variance may be negative';
  if (training && gapOf(given, training.dataSync()) < gapOf(given, wanted) / 10) {
    return 'the expanded layer normalised with the batch (train mode) instead of its running statistics';
  }
  const pattern = patternOf(given, wanted, reference.shape);
  if (pattern.interior < pattern.whole / 100) {
    return 'only the borders differ: a norm inside a branch makes the padding something else than zero, or padding differs';
  }
  if (pattern.shift < pattern.whole / 100)
    return 'each channel is off by a constant: a bias or a norm shift is missing';
  if (pattern.scale < pattern.whole / 100) {
    return 'each channel is off by a factor: a norm scale, an epsilon or a branch scale is missing';
  }
  if (pattern.whole < 1e-2) {
    return 'a small difference all over: float32 rounding of large weights that cancel, or another epsilon in the norm';
  }
  return `the composed kernel differs${site.strides.some((stride) => stride > 1) ? ' (strides may misalign branches)' : ''}`;
}

/** Largest difference over all, away from borders, and after the best shift or factor of each channel. */
function patternOf(given: ArrayLike<number>, wanted: ArrayLike<number>, [n, h, w, channels]: number[]) {
  const result = { whole: 0, interior: 0, shift: 0, scale: 0 };
  const border = Math.min(3, Math.floor(Math.min(h!, w!) / 3));
  for (let c = 0; c < channels!; c++) {
    let count = 0;
    let sumDifference = 0;
    let cross = 0;
    let square = 0;
    for (let i = c; i < wanted.length; i += channels!) {
      count++;
      sumDifference += given[i]! - wanted[i]!;
      cross += given[i]! * wanted[i]!;
      square += given[i]! * given[i]!;
    }
    const shift = sumDifference / count;
    const scale = square > 0 ? cross / square : 1;
    for (let pixel = 0; pixel < n! * h! * w!; pixel++) {
      const i = pixel * channels! + c;
      const difference = given[i]! - wanted[i]!;
      const row = Math.floor(pixel / w!) % h!;
      const column = pixel % w!;
      const inside = row >= border && row < h! - border && column >= border && column < w! - border;
      result.whole = Math.max(result.whole, Math.abs(difference));
      if (inside) result.interior = Math.max(result.interior, Math.abs(difference));
      result.shift = Math.max(result.shift, Math.abs(difference - shift));
      result.scale = Math.max(result.scale, Math.abs(given[i]! * scale - wanted[i]!));
    }
  }
  // All but `whole` only matter relative to it; relative to the outputs, `whole` also tells rounding.
  let size = 0;
  for (let i = 0; i < wanted.length; i++) size = Math.max(size, Math.abs(wanted[i]!));
  const unit = size || 1;
  return {
    whole: result.whole / unit,
    interior: result.interior / unit,
    shift: result.shift / unit,
    scale: result.scale / unit,
  };
}
