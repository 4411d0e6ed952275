import { type Key, randomInteger } from '@overparam/engine';
import { imageBytes, imageSide } from './spec';

/** One labelled image. */
export interface CifarExample {
  /** Height x width x channel, 32x32x3, red green blue, 0 to 255; 3,072 bytes. */
  readonly image: Uint8Array;
  /** The class index. */
  readonly label: number;
}

/** How training images are changed. */
export interface Augmentation {
  /** Zeros on each side before the crop, 0 to 32; 0 for no crop. */
  readonly padding: number;
  readonly flip: boolean;
}

/**
 * A random 32x32 crop of the image with a black border, mirrored with probability 1/2: torchvision's
 * `RandomCrop(32, padding)` and `RandomHorizontalFlip()`, in this order and on raw pixels, so that the border
 * is not 0 after normalisation. All `(2 * padding + 1)^2` crops are equally likely.
 *
 * @param key  used up by this; one key an example and epoch
 * @returns    a new example; the same for the same key
 */
export function augment(example: CifarExample, key: Key, augmentation: Augmentation): CifarExample {
  const { padding, flip } = augmentation;
  const positions = 2 * padding + 1;
  // One draw for all three choices: this runs for every image of every epoch.
  const choice = randomInteger(key, positions * positions * (flip ? 2 : 1));
  const left = (choice % positions) - padding;
  const top = (Math.floor(choice / positions) % positions) - padding;
  const mirrored = choice >= positions * positions;
  return { image: shift(example.image, top, left, mirrored), label: example.label };
}

// Own copy: a transformed import can be a getter, which would cost a call for each row and pixel.
const side = imageSide;

/** `result[y][x] = image[y + top][x + left]`, 0 outside the image, then mirrored left to right. */
function shift(image: Uint8Array, top: number, left: number, mirrored: boolean): Uint8Array {
  const result = new Uint8Array(imageBytes);
  const firstRow = Math.max(0, -top);
  const endRow = Math.min(side, side - top);
  const firstColumn = Math.max(0, -left);
  const endColumn = Math.min(side, side - left);
  const step = mirrored ? -3 : 3;
  for (let y = firstRow; y < endRow; y++) {
    let from = ((y + top) * side + firstColumn + left) * 3;
    let to = (y * side + (mirrored ? side - 1 - firstColumn : firstColumn)) * 3;
    for (let x = firstColumn; x < endColumn; x++) {
      result[to] = image[from]!;
      result[to + 1] = image[from + 1]!;
      result[to + 2] = image[from + 2]!;
      from += 3;
      to += step;
    }
  }
  return result;
}
