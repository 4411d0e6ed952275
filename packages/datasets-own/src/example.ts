import { type Key, randomInteger } from '@overparam/engine';

/** One example as it is kept: its image, and the labels of each task, one after the other. */
export interface OwnExample {
  /** `[h, w, channels]`: bytes of a picture, or numbers that are taken as they are. */
  readonly image: Uint8Array | Float32Array;
  /** By task; as many numbers as its label has. */
  readonly labels: Readonly<Record<string, ArrayLike<number>>>;
}

/** Height, width and channels. */
export type ImageShape = readonly [number, number, number];

/** How an image and what lies over it are moved: `result[y][x] = image[y + top][x + left]`, then mirrored. */
interface Movement {
  readonly top: number;
  readonly left: number;
  readonly mirrored: boolean;
}

/**
 * A shift by at most `padding` pixels each way, all of them equally likely, and a mirror image with probability 1/2.
 *
 * @param key  used up by this
 */
export function drawMovement(key: Key, padding: number, flip: boolean): Movement {
  const positions = 2 * padding + 1;
  const choice = randomInteger(key, positions * positions * (flip ? 2 : 1));
  return {
    left: (choice % positions) - padding,
    top: (Math.floor(choice / positions) % positions) - padding,
    mirrored: choice >= positions * positions,
  };
}

/** Moves `[h, w, channels]` numbers; `outside` stands where there was nothing. */
export function move<Values extends Uint8Array | Float32Array | Int32Array>(
  values: Values,
  [height, width, channels]: ImageShape,
  { top, left, mirrored }: Movement,
  outside: number,
): Values {
  const result = new (values.constructor as new (length: number) => Values)(values.length);
  result.fill(outside);
  for (let y = Math.max(0, -top); y < Math.min(height, height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(width, width - left); x++) {
      const to = (y * width + (mirrored ? width - 1 - x : x)) * channels;
      const from = ((y + top) * width + x + left) * channels;
      for (let channel = 0; channel < channels; channel++) result[to + channel] = values[from + channel]!;
    }
  }
  return result;
}
