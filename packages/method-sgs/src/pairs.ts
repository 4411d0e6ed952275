import type { Channels } from './channels';

/** Values of pixels and of their neighbours, at the same places. */
export interface Pairs {
  readonly count: number;
  readonly pixels: Float32Array;
  readonly neighbours: Float32Array;
}

/**
 * All pixels of a channel that have a neighbour at an offset inside the image, with it.
 *
 * @param offset      rows and columns from a pixel to its neighbour, of either sign
 * @param dropsZeros  whether pairs with a zero are left out
 */
export function pairsAt(
  inputs: readonly Channels[],
  channel: number,
  [rows, columns]: readonly [number, number],
  dropsZeros: boolean,
): Pairs {
  const most = inputs.reduce((sum, { images, height, width }) => sum + images * height * width, 0);
  const pixels = new Float32Array(most);
  const neighbours = new Float32Array(most);
  let count = 0;
  for (const { data, images, height, width } of inputs) {
    const [top, bottom] = [Math.max(0, -rows), Math.min(height, height - rows)];
    const [left, right] = [Math.max(0, -columns), Math.min(width, width - columns)];
    const step = rows * width + columns;
    for (let image = 0; image < images; image++) {
      const start = (channel * images + image) * height * width;
      for (let row = top; row < bottom; row++) {
        const last = start + row * width + right;
        for (let at = start + row * width + left; at < last; at++) {
          const pixel = data[at]!;
          const neighbour = data[at + step]!;
          if (dropsZeros && (pixel === 0 || neighbour === 0)) continue;
          pixels[count] = pixel;
          neighbours[count++] = neighbour;
        }
      }
    }
  }
  return { count, pixels, neighbours };
}
