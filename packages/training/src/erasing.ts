import { foldKey, type Key, randomInteger, randomNormal, randomUniform } from '@overparam/engine';

/** What is taken out of each training image. */
export type Erasing =
  | {
      /** A square about a random pixel becomes zero, as far as it lies within the image. */
      readonly by: 'cutout';
      /** Its side in pixels. */
      readonly size: number;
    }
  | {
      /** A rectangle of random area and form is filled, in a share of the images. */
      readonly by: 'random';
      readonly probability: number;
      /** Least and largest share of the image. */
      readonly area: readonly [number, number];
      /** Least ratio of height to width; the largest is one over it. */
      readonly aspect: number;
      /** `noise`: a normal number for each value; `zero`. */
      readonly fill: 'noise' | 'zero';
    };

/** Rectangles that are tried until one lies within the image, as in torchvision. */
const attempts = 10;

type Rectangle = readonly [top: number, left: number, height: number, width: number];

function square(key: Key, [height, width]: readonly [number, number], side: number): Rectangle {
  const y = randomInteger(foldKey(key, 'y'), height) - (side >> 1);
  const x = randomInteger(foldKey(key, 'x'), width) - (side >> 1);
  const [top, left] = [Math.max(0, y), Math.max(0, x)];
  return [top, left, Math.min(height, y + side) - top, Math.min(width, x + side) - left];
}

function rectangle(
  key: Key,
  [height, width]: readonly [number, number],
  { area: [least, largest], aspect }: Extract<Erasing, { by: 'random' }>,
): Rectangle | null {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const own = foldKey(key, 'attempt', attempt);
    const [u, v] = randomUniform(own, 2) as unknown as [number, number];
    const area = (least + u * (largest - least)) * height * width;
    const ratio = aspect + v * (1 / aspect - aspect);
    const [h, w] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (h < 1 || w < 1 || h >= height || w >= width) continue;
    const top = randomInteger(foldKey(own, 'top'), height - h + 1);
    return [top, randomInteger(foldKey(own, 'left'), width - w + 1), h, w];
  }
  return null;
}

/**
 * Takes a part out of one image, its labels staying as they are. Zero is the mean colour where a dataset normalises its images.
 *
 * Sources: DeVries and Taylor 2017, https://arxiv.org/abs/1708.04552; Zhong et al. 2020, https://arxiv.org/abs/1708.04896
 *
 * @param image  `[height, width, channels]`, changed in place
 * @param key    of the run, the pass and the image
 */
export function eraseFrom(
  image: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  erasing: Erasing,
  key: Key,
): void {
  const random = erasing.by === 'random';
  if (random && randomUniform(foldKey(key, 'whether'), 1)[0]! >= erasing.probability) return;
  const found = random
    ? rectangle(key, [height, width], erasing)
    : square(key, [height, width], erasing.size);
  if (found === null) return;
  const [top, left, h, w] = found;
  const noise =
    random && erasing.fill === 'noise' ? randomNormal(foldKey(key, 'fill'), h * w * channels) : null;
  for (let row = 0; row < h; row++) {
    const from = ((top + row) * width + left) * channels;
    if (noise) image.set(noise.subarray(row * w * channels, (row + 1) * w * channels), from);
    else image.fill(0, from, from + w * channels);
  }
}
