import { PNG } from 'pngjs';

/**
 * An image as a PNG file, 8 bits a channel.
 *
 * @param pixels  `[height, width, 3]` of red, green and blue, 0 to 255, row by row
 */
export function encodePng(pixels: Uint8Array, height: number, width: number): Buffer {
  const form = { colorType: 2, inputColorType: 2, inputHasAlpha: false } as const;
  const image = new PNG({ width, height, ...form });
  image.data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return PNG.sync.write(image, form);
}
