import { foldKey, type Key, randomNormal, randomUniform } from '@overparam/engine';
import { OverparamError } from '@overparam/errors';
import type { Task } from '@overparam/plugin';

/** How the images of a batch are mixed with each other, and their losses with them. */
export interface Mixing {
  /**
   * `mixup`: each image is the sum of a share of itself and the rest of another; `cutmix`: a box of it is another's; `either`: one
   * of the two for each batch, with equal chance.
   */
  readonly by: 'mixup' | 'cutmix' | 'either';
  /** A batch's share is drawn from Beta(alpha, alpha): above 0, up to 100. */
  readonly alpha: number;
  /** Share of batches that are mixed, from 0 to 1. */
  readonly probability: number;
}

/** Rows and columns of a box, the last ones not within it. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** How one batch is mixed. */
export interface Mix {
  /** How much of each image, and of its loss, is its own. */
  readonly share: number;
  /** What cutmix takes from the other image; null for mixup. */
  readonly box: Box | null;
}

/** The logarithm of a Gamma(shape) number (Marsaglia and Tsang 2000, https://doi.org/10.1145/358407.358414). */
function logGamma(key: Key, shape: number): number {
  if (shape < 1) {
    // A Gamma(shape) is a Gamma(shape + 1) times U^(1 / shape); logarithms keep what would be zero.
    const uniform = randomUniform(foldKey(key, 'boost'), 1)[0]! + 2 ** -25;
    return logGamma(foldKey(key, 'above'), shape + 1) + Math.log(uniform) / shape;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    const x = randomNormal(foldKey(key, 'normal', attempt), 1)[0]!;
    const v = (1 + c * x) ** 3;
    const uniform = randomUniform(foldKey(key, 'uniform', attempt), 1)[0]! + 2 ** -25;
    if (v > 0 && Math.log(uniform) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** A number from Beta(alpha, alpha). */
export function symmetricBeta(key: Key, alpha: number): number {
  const [a, b] = [logGamma(foldKey(key, 'first'), alpha), logGamma(foldKey(key, 'second'), alpha)];
  return 1 / (1 + Math.exp(b - a));
}

/** A box of a share of an image about a random pixel, cut off at the image's edge, by the code of cutmix. */
function boxOf(key: Key, share: number, [height, width]: readonly [number, number]): Box {
  const side = Math.sqrt(share);
  const [rows, columns] = [Math.floor(height * side), Math.floor(width * side)];
  const [u, v] = randomUniform(key, 2) as unknown as [number, number];
  const [y, x] = [Math.floor(u * height), Math.floor(v * width)];
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    top: within(y - (rows >> 1), height),
    bottom: within(y + (rows >> 1), height),
    left: within(x - (columns >> 1), width),
    right: within(x + (columns >> 1), width),
  };
}

/**
 * How a batch of a run is mixed; a function of the arguments alone.
 *
 * Sources: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; Yun et al. 2019, https://arxiv.org/abs/1905.04899
 *
 * @param key   the run's key with the batch's number folded in
 * @param size  height and width of images
 */
export function drawMix({ by, alpha, probability }: Mixing, key: Key, size: readonly [number, number]): Mix {
  const [whether, which] = randomUniform(foldKey(key, 'whether'), 2) as unknown as [number, number];
  if (whether >= probability) return { share: 1, box: null };
  const share = symmetricBeta(foldKey(key, 'share'), alpha);
  if (by === 'mixup' || (by === 'either' && which < 0.5)) return { share, box: null };
  const box = boxOf(foldKey(key, 'box'), 1 - share, size);
  const area = (box.bottom - box.top) * (box.right - box.left);
  return { share: 1 - area / (size[0] * size[1]), box };
}

/**
 * Mixes each image with the one before it in the batch, the first with the last, as torchvision pairs them.
 *
 * @param x  `[examples, height, width, channels]`, changed in place
 */
export function mixImages(
  x: Float32Array,
  [examples, height, width, channels]: readonly [number, number, number, number],
  { share, box }: Mix,
): void {
  if (share === 1) return;
  const size = height * width * channels;
  const last = x.slice((examples - 1) * size);
  // From the end, so that each partner is as it was.
  for (let example = examples - 1; example >= 0; example--) {
    const own = x.subarray(example * size, (example + 1) * size);
    const other = example === 0 ? last : x.subarray((example - 1) * size, example * size);
    if (box === null) {
      const rest = 1 - share;
      for (let at = 0; at < size; at++) own[at] = share * own[at]! + rest * other[at]!;
      continue;
    }
    for (let row = box.top; row < box.bottom; row++) {
      const from = (row * width + box.left) * channels;
      own.set(other.subarray(from, (row * width + box.right) * channels), from);
    }
  }
}

/** The labels of the examples before, the first's of the last. */
export function partnerLabels<Labels extends Float32Array | Int32Array>(
  labels: Labels,
  examples: number,
): Labels {
  const size = labels.length / examples;
  const rolled = labels.slice() as Labels;
  rolled.copyWithin(size, 0, labels.length - size);
  rolled.set(labels.subarray(labels.length - size), 0);
  return rolled;
}

/**
 * Refuses mixing where a task's labels cannot be mixed.
 *
 * @throws OverparamError `unsupported-mixing`
 */
export function checkMixing(mixing: Mixing | null, tasks: readonly Task[], batch: number): void {
  if (mixing === null) return;
  const other = tasks.find(({ form }) => form !== 'class');
  if (other) {
    throw new OverparamError(
      'unsupported-mixing',
      `mix: ${mixing.by} mixes whole images with a class each, and the task "${other.name}" has answers of the form "${other.form}". Choose tasks with classes, or mix: null.`,
    );
  }
  if (batch < 2) {
    throw new OverparamError(
      'unsupported-mixing',
      `mix: ${mixing.by} mixes the images of a batch, and batch: ${batch} has one alone. Choose 2 or more.`,
    );
  }
}
