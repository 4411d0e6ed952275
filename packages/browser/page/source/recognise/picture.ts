import type { PageNetwork } from './network-page';

/** Anything that can be drawn. */
export type Picture = ImageBitmap | HTMLVideoElement;

function sizeOf(picture: Picture): readonly [number, number] {
  return 'videoWidth' in picture
    ? [picture.videoWidth, picture.videoHeight]
    : [picture.width, picture.height];
}

/**
 * Reads a file as a picture.
 *
 * @throws Error whose message is for the page
 */
export async function pictureOf(file: Blob, name: string): Promise<ImageBitmap> {
  if (file.size === 0) throw new Error(`${name} is empty. Choose another picture.`);
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Error(
      file.type.startsWith('image/')
        ? `${name} is damaged, or of a kind that this browser cannot show. Try a .jpg, .png or .webp.`
        : `${name} is not a picture. Try a .jpg, .png or .webp.`,
    );
  }
}

/** Draws the middle of a picture, in the network's own shape, as the network will see it. */
export function drawFor(canvas: HTMLCanvasElement, picture: Picture, { shape }: PageNetwork): ImageData {
  const [height, width] = shape;
  const [wide, high] = sizeOf(picture);
  const scale = Math.max(width / wide, height / high);
  const cut = [width / scale, height / scale] as const;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  const [left, top] = [(wide - cut[0]) / 2, (high - cut[1]) / 2];
  context.drawImage(picture, left, top, cut[0], cut[1], 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** A network's input from what was drawn: `(pixel / 255 - mean) / std` by channel. */
export function inputOf({ data }: ImageData, { about }: PageNetwork): Float32Array {
  const { mean, std } = about.normalisation ?? { mean: [0, 0, 0], std: [1, 1, 1] };
  const input = new Float32Array((data.length / 4) * 3);
  for (let pixel = 0; pixel < data.length / 4; pixel++)
    for (let channel = 0; channel < 3; channel++)
      input[pixel * 3 + channel] = (data[pixel * 4 + channel]! / 255 - mean[channel]!) / std[channel]!;
  return input;
}
