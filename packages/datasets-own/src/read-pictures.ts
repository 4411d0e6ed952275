import { OverparamError } from '@overparam/errors';
import type { DatasetContext } from '@overparam/plugin';
import type { PictureOptions } from './options';

/** What is read as a picture, by the endings of names. */
export const pictureNames = /\.(?:png|jpe?g|webp|gif|tiff?|avif)$/i;

/** Beside a few files, the rest of the damaged ones are counted. */
const namedFiles = 5;
/** Pictures that are read at a time. */
const atOnce = 4;
/** Of one picture, beyond which it is taken for a bomb: 100 megapixels. */
const mostPixels = 1e8;
/** All pictures are kept in memory. */
const mostBytes = 8 * 2 ** 30;

const fits = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const;

/**
 * Reads pictures of any size, kind and colours: turned as their cameras say, on grey where they are transparent, and brought to
 * one size.
 *
 * @param files  their paths
 * @param names  what each is called in messages
 * @returns      `[h, w, 3]` or `[h, w, 1]` of bytes each, in the order of the files
 * @throws OverparamError `data-format` that names those that cannot be read, after all have been tried; `data-too-large`,
 *   `aborted`
 */
export async function readPictures(
  files: readonly string[],
  names: readonly string[],
  { size: [height, width], fit, colour }: PictureOptions,
  { progress, signal }: Pick<DatasetContext, 'progress' | 'signal'>,
): Promise<Uint8Array[]> {
  const channels = colour === 'grey' ? 1 : 3;
  const bytes = files.length * height * width * channels;
  if (bytes > mostBytes) {
    throw new OverparamError(
      'data-too-large',
      `${files.length} pictures of ${height}x${width} would take ${(bytes / 2 ** 30).toFixed(1)} GB of memory, and at most 8 are kept. Choose a smaller size.`,
    );
  }
  const { default: sharp } = await import('sharp');
  const grey = { r: 128, g: 128, b: 128 };
  const read = async (file: string): Promise<Uint8Array> => {
    const picture = sharp(file, { failOn: 'error', limitInputPixels: mostPixels })
      .autoOrient()
      .flatten({ background: grey })
      .resize(width, height, { fit: fits[fit], background: grey });
    const inColour = colour === 'grey' ? picture.greyscale() : picture.toColourspace('srgb');
    const { data, info } = await inColour.raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`);
    return new Uint8Array(data);
  };
  const pictures: Uint8Array[] = [];
  const damaged: string[] = [];
  let [next, done] = [0, 0];
  const worker = async () => {
    while (next < files.length) {
      signal?.throwIfAborted();
      const at = next++;
      try {
        pictures[at] = await read(files[at]!);
      } catch (error) {
        damaged.push(`${names[at]} (${(error as Error).message.split('\n')[0]})`);
      }
      progress?.(++done, files.length, 'pictures read');
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (damaged.length > 0) {
    const shown = damaged.sort().slice(0, namedFiles).join('; ');
    const more = damaged.length > namedFiles ? `; and ${damaged.length - namedFiles} more` : '';
    throw new OverparamError(
      'data-format',
      `${damaged.length} of ${files.length} pictures cannot be read: ${shown}${more}. Mend them or take them away.`,
    );
  }
  return pictures;
}
