import type { Colour } from '@overparam/plugin';

/** Height and width of a picture, which are those of a label. */
export type Size = readonly [number, number];

/**
 * Pixels `[height, width, 3]` of red, green and blue.
 *
 * @param colourOf  the colour of a pixel by its number, row by row
 */
export function paint([height, width]: Size, colourOf: (pixel: number) => Colour): Uint8Array {
  const pixels = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) pixels.set(colourOf(pixel), pixel * 3);
  return pixels;
}
